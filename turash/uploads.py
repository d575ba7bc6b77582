"""
Files that users send: bounded before they are read, and known by what they contain.

The name and the type that a browser states are claims. What counts is the content: its first
bytes, and for spreadsheets that are ZIP archives what is inside. Only few types are taken, none of
which a browser would run; macros are refused.
"""

import io
import re
import unicodedata
import zipfile
from dataclasses import dataclass
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

from django.core.exceptions import RequestDataTooBig, ValidationError
from django.core.files.uploadhandler import FileUploadHandler
from django.utils.translation import gettext as _

LARGEST_FILE = 10 * 1024 * 1024
# A file, and the fields and boundaries of the form around it.
LARGEST_REQUEST = LARGEST_FILE + 256 * 1024
LONGEST_NAME = 150

MOST_ENTRIES = 2000
LARGEST_UNPACKED = 200 * 1024 * 1024
HIGHEST_RATIO = 200
LONGEST_HEAD = 1024 * 1024


@dataclass(frozen=True, slots=True)
class FileType:
    suffix: str
    content_type: str


PDF = FileType(".pdf", "application/pdf")
PNG = FileType(".png", "image/png")
JPEG = FileType(".jpg", "image/jpeg")
WEBP = FileType(".webp", "image/webp")
XLSX = FileType(".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
ODS = FileType(".ods", "application/vnd.oasis.opendocument.spreadsheet")
CSV = FileType(".csv", "text/csv")
TYPES = (PDF, PNG, JPEG, WEBP, XLSX, ODS, CSV)
_OTHER_SUFFIXES = {JPEG: (".jpeg",)}


class BoundedUploadHandler(FileUploadHandler):
    """Refuses a form that is too large before any of it is read or stored."""

    largest_request = LARGEST_REQUEST

    def handle_raw_input(
        self, input_data: Any, meta: Any, content_length: int, *args: Any, **kwargs: Any
    ) -> None:
        """
        Look at the length that the request states, and read no more of it than that.

        :raises RequestDataTooBig: no form needs to be so large.
        """
        if content_length > self.largest_request:
            raise RequestDataTooBig

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None


def type_of(content: bytes, name: str) -> FileType:
    """
    Return what a file is, by its content; the name decides only whether text is CSV.

    :raises ValidationError: it is none of the types that are taken, or a dangerous one.
    """
    if not content:
        raise ValidationError(_("The file is empty."))
    if len(content) > LARGEST_FILE:
        size = LARGEST_FILE // 1024 // 1024
        raise ValidationError(_("The file is larger than %d MB.") % size)
    for signature, found in ((b"%PDF-", PDF), (b"\x89PNG\r\n\x1a\n", PNG), (b"\xff\xd8\xff", JPEG)):
        if content.startswith(signature):
            return found
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return WEBP
    if content.startswith(b"PK\x03\x04"):
        return _type_of_archive(content)
    if name.lower().endswith(CSV.suffix) and _is_plain_text(content):
        return CSV
    raise _refusal()


def _refusal() -> ValidationError:
    return ValidationError(
        _("Only PDF, PNG, JPEG, WebP, XLSX, ODS and CSV files are taken; this is none of them.")
    )


def _is_plain_text(content: bytes) -> bool:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    # A page of HTML would be text, too.
    return not re.search("[\0-\x08\x0b\x0c\x0e-\x1f]", text) and not text.lstrip().startswith("<")


def _type_of_archive(content: bytes) -> FileType:
    """Look at the list of entries and the head of two of them; nothing is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            _check_entries(entries, len(content))
            names = {entry.filename for entry in entries}
            if _head(archive, names, "mimetype").strip() == ODS.content_type.encode():
                if any(name.startswith(("Basic/", "Scripts/")) for name in names):
                    raise ValidationError(_("Spreadsheets with macros are not taken."))
                return ODS
            if {"[Content_Types].xml", "xl/workbook.xml"} <= names:
                types = _head(archive, names, "[Content_Types].xml").lower()
                if b"macroenabled" in types or any("vbaproject" in one.lower() for one in names):
                    raise ValidationError(_("Spreadsheets with macros are not taken."))
                return XLSX
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, ValueError, EOFError):
        raise _refusal() from None
    raise _refusal()


def _check_entries(entries: list[zipfile.ZipInfo], size: int) -> None:
    unpacked = sum(entry.file_size for entry in entries)
    is_bomb = len(entries) > MOST_ENTRIES or unpacked > min(LARGEST_UNPACKED, HIGHEST_RATIO * size)
    is_encrypted = any(entry.flag_bits & 0x1 for entry in entries)
    leaves = any(
        entry.filename.startswith(("/", "\\")) or ".." in entry.filename.split("/")
        for entry in entries
    )
    if is_bomb or is_encrypted or leaves:
        raise _refusal()


def _head(archive: zipfile.ZipFile, names: set[str], name: str) -> bytes:
    """Return the beginning of an entry, however long it says it is."""
    if name not in names:
        return b""
    with archive.open(name) as entry:
        return entry.read(LONGEST_HEAD)


def safe_name(name: str, found: FileType) -> str:
    """Return a name for downloads: without path, control and direction characters; right suffix."""
    base = PureWindowsPath(PurePosixPath(name).name).name
    kept = "".join(
        "_" if sign in '<>:"|?*' else sign
        for sign in unicodedata.normalize("NFC", base)
        # Control, format (which turns the direction of writing) and surrogate characters.
        if unicodedata.category(sign) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
    ).strip(" .")
    suffixes = (found.suffix, *_OTHER_SUFFIXES.get(found, ()))
    stem = kept
    for suffix in suffixes:
        if kept.lower().endswith(suffix):
            return f"{kept[: -len(suffix)][:LONGEST_NAME].strip(' .') or 'file'}{suffix}"
    return f"{stem[:LONGEST_NAME].strip(' .') or 'file'}{found.suffix}"
