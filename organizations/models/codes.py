"""Official lists of codes, with what each means; a facilitator imports them."""

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class WasteCode(models.Model):
    """An entry of the European List of Waste (Decision 2000/532/EC)."""

    code = models.CharField(
        _("code"),
        max_length=6,
        primary_key=True,
        validators=[RegexValidator(r"^\d{6}$", _("Enter the six digits of a List of Waste code."))],
    )
    description = models.CharField(_("description"), max_length=500)
    hazardous = models.BooleanField(_("hazardous"), default=False)
    chapter = models.CharField(_("chapter"), max_length=500, blank=True)
    sub_chapter = models.CharField(_("sub-chapter"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("List of Waste code")
        verbose_name_plural = _("List of Waste codes")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(description=""),
                name="organizations_wastecode_is_described",
                violation_error_message=_("Say what the code means."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.description}"


class Sector(models.Model):
    """A section, division, group or class of NACE Rev. 2 (Regulation (EC) 1893/2006)."""

    code = models.CharField(
        _("code"),
        max_length=5,
        primary_key=True,
        validators=[
            RegexValidator(
                r"^([A-U]|\d{2}(\.\d{1,2})?)$",
                _("Enter a NACE Rev. 2 code such as C, 35 or 35.11."),
            )
        ],
    )
    description = models.CharField(_("description"), max_length=500)
    parent_code = models.CharField(_("code of what it belongs to"), max_length=5, blank=True)

    class Meta:
        verbose_name = _("sector (NACE Rev. 2)")
        verbose_name_plural = _("sectors (NACE Rev. 2)")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(description=""),
                name="organizations_sector_is_described",
                violation_error_message=_("Say what the code means."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.description}"
