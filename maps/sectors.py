"""Sections of NACE Rev. 2 and the divisions that they hold (Regulation (EC) No 1893/2006)."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# Section, its first and last division, and its name in short.
SECTIONS: tuple[tuple[str, int, int, str | Promise], ...] = (
    ("A", 1, 3, _("Agriculture and forestry")),
    ("B", 5, 9, _("Mining")),
    ("C", 10, 33, _("Manufacturing")),
    ("D", 35, 35, _("Electricity, gas and heat")),
    ("E", 36, 39, _("Water and waste")),
    ("F", 41, 43, _("Construction")),
    ("G", 45, 47, _("Trade")),
    ("H", 49, 53, _("Transport and storage")),
    ("I", 55, 56, _("Hotels and food service")),
    ("J", 58, 63, _("Information and data centres")),
    ("K", 64, 66, _("Finance")),
    ("L", 68, 68, _("Real estate")),
    ("M", 69, 75, _("Science and technical services")),
    ("N", 77, 82, _("Support services")),
    ("O", 84, 84, _("Public administration")),
    ("P", 85, 85, _("Education")),
    ("Q", 86, 88, _("Health")),
    ("R", 90, 93, _("Arts and sports")),
    ("S", 94, 96, _("Other services")),
    ("T", 97, 98, _("Households")),
    ("U", 99, 99, _("International bodies")),
)


def section_name(code: str) -> str:
    """Return the section of a NACE code or of its begin (C, 35, 35.1), in the reader's language."""
    division = int(code[:2]) if code[:2].isdigit() else None
    for section, first, last, name in SECTIONS:
        if code == section or (division is not None and first <= division <= last):
            return str(name)
    return str(_("Sector not stated"))
