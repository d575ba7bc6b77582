"""What a file is, by its content, and what no file may be."""

import zipfile
from pathlib import Path

from django.utils.translation import gettext as _

MOST_ENTRIES = 2000
LARGEST_UNPACKED = 1024**3
# Below this a high ratio does no harm.
SMALL_UNPACKED = 16 * 1024**2
HIGHEST_RATIO = 200
# Of what ZIP knows, an XLSX workbook may use these two (ECMA-376-2).
COMPRESSIONS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}


class WrongFile(Exception):
    """The file cannot be read as a whole; the message says why and what would help."""


def format_of(path: Path) -> str:
    """
    Return `csv`, `xlsx` or `geojson`.

    :raises WrongFile: it is none of them, or made to exhaust who reads it.
    """
    with path.open("rb") as file:
        head = file.read(4096)
    if not head.strip(b"\xef\xbb\xbf \t\r\n"):
        raise WrongFile(_("The file is empty."))
    if head.startswith(b"PK\x03\x04"):
        _check_archive(path)
        return "xlsx"
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise WrongFile(_("The file is UTF-16 text; save it as “CSV UTF-8”."))
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise WrongFile(_("The file is an old or encrypted Excel workbook; save it as XLSX."))
    if b"\0" in head:
        raise WrongFile(_("The file is neither CSV nor XLSX nor GeoJSON."))
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if text.startswith(b"{"):
        return "geojson"
    if text.startswith((b"<", b"[", b"%PDF")):
        raise WrongFile(_("The file is neither CSV nor XLSX nor GeoJSON."))
    return "csv"


def _check_archive(path: Path) -> None:
    """What the entries say they hold is the most that is ever read of them."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError):
        raise WrongFile(_("The file is no XLSX workbook, or damaged.")) from None
    unpacked = sum(entry.file_size for entry in entries)
    limit = min(LARGEST_UNPACKED, max(SMALL_UNPACKED, HIGHEST_RATIO * path.stat().st_size))
    if len(entries) > MOST_ENTRIES or unpacked > limit:
        raise WrongFile(
            _("The workbook unpacks to more than is taken; save the table as CSV instead.")
        )
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise WrongFile(_("The workbook is encrypted; save it without a password."))
    if any(entry.compress_type not in COMPRESSIONS for entry in entries):
        raise WrongFile(_("The file is no XLSX workbook, or damaged."))
    if "xl/workbook.xml" not in {entry.filename for entry in entries}:
        raise WrongFile(_("The file is a ZIP archive, but no XLSX workbook."))
