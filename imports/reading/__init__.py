"""From files to rows of cells, however long the file is."""

from imports.reading.files import WrongFile, format_of
from imports.reading.tables import Dialect, Table, dialect_of
from imports.reading.unpacking import unpack

__all__ = ["Dialect", "Table", "WrongFile", "dialect_of", "format_of", "unpack"]
