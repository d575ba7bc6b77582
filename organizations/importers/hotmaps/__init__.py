"""The Hotmaps industrial database: sites of energy-intensive industry in Europe."""

from organizations.importers.hotmaps.importer import Report, import_file
from organizations.importers.hotmaps.reading import WrongFile
from organizations.importers.hotmaps.rows import Problem

__all__ = ["Problem", "Report", "WrongFile", "import_file"]
