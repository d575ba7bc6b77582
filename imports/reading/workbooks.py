"""The first sheet of an XLSX workbook; the workbook's other parts are not even read."""

import lzma
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO
from zipfile import BadZipFile, ZipFile

from django.utils.translation import gettext as _
from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet._read_only import ReadOnlyWorksheet
from openpyxl.xml.constants import SHARED_STRINGS

from imports.reading.files import WrongFile

# All but the cells has to be held in memory: texts that cells share, styles, the list of parts.
LARGEST_HELD = 64 * 1024**2
# Where XLSX ends, by its own definition.
LAST_ROW = 1_048_576
# What zipfile and openpyxl trip over in what is none, or damaged.
DAMAGED = (
    ArithmeticError, AssertionError, AttributeError, BadZipFile, EOFError, InvalidFileException,
    LookupError, OSError, RuntimeError, SyntaxError, TypeError, ValueError, lzma.LZMAError,
    struct.error, zlib.error,
)  # fmt: skip


def rows_of_first_sheet(path: Path) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """
    Yield the number and the cells of each row that has any; numbers may be left out.

    :raises WrongFile: it cannot be read, or is larger than is taken.
    """
    try:
        # By the name of a file it would be judged.
        with path.open("rb") as file:
            sheet = _Reader(file).first_sheet()
            # What the sheet says of its size may be a lie.
            sheet.reset_dimensions()
            for number, cells in enumerate(sheet.iter_rows(values_only=True), start=1):
                # Rows that are left out come as empty ones, up to whatever number follows.
                if number > LAST_ROW:
                    raise WrongFile(
                        _("The workbook has rows beyond %d, where XLSX ends.") % LAST_ROW
                    )
                if any(cell is not None for cell in cells):
                    yield number, cells
    except DAMAGED:
        raise WrongFile(_("The file is no XLSX workbook, or damaged.")) from None


class _Archive(ZipFile):
    """The parts of a workbook; those that are held in memory are no larger than is taken."""

    held = 0

    def hold(self, name: str) -> None:
        self.held += self.getinfo(name).file_size
        if self.held > LARGEST_HELD:
            raise WrongFile(
                _("The workbook unpacks to more than is taken; save the table as CSV instead.")
            )

    def read(self, name: Any, pwd: bytes | None = None) -> bytes:
        self.hold(name)
        return super().read(name, pwd)


class _Reader(ExcelReader):
    """Reads what the cells of the first sheet cannot be understood without."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file, read_only=True, data_only=True, keep_links=False)
        self.archive = _Archive(file)

    def first_sheet(self) -> ReadOnlyWorksheet:
        self.read_manifest()
        # Whatever the part is called, this is the one that is read.
        texts = self.package.find(SHARED_STRINGS)
        if texts is not None:
            self.archive.hold(texts.PartName[1:])
        self.read_strings()
        self.read_workbook()
        # Which numbers are dates.
        apply_stylesheet(self.archive, self.wb)
        for sheet, relation in self.parser.find_sheets():
            if relation.target in self.valid_files and "chartsheet" not in relation.Type:
                return ReadOnlyWorksheet(self.wb, sheet.name, relation.target, self.shared_strings)
        raise WrongFile(_("The file is no XLSX workbook, or damaged."))
