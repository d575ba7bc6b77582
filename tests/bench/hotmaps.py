"""
Real industry: the Hotmaps industrial database (Fraunhofer ISI, CC BY 4.0), as Turash imports it.

The file `Industrial_Database_full_2019.csv` is no part of this repository; say where it lies by
`--hotmaps` or the environment variable HOTMAPS_FILE.

What the flows come from (`organizations/importers/hotmaps`):

- Outputs: the excess heat of a site [GWh/a], one for each band of temperature (100 to 200 °C, 200
  to 500 °C, above 500 °C) that holds any. Hotmaps computes it from production: *estimated*.
- Inputs: the fuel demand of a site [GWh/a], taken as one demand of heat. That is too much by the
  losses of the furnace, and its temperature is that of the main process of the subsector: *rough*.
- All of type `heat`, by pipe, round the clock and the year: the database says nothing of time,
  price or pressure. Reach is that of the type, 30 km.

So these flows are real in where they lie and how large they are, and poor in what they state: few
thousand of them, and a few thousand pairs near each other. Most inputs need more than outputs have
(clinker is burnt at 1,450 °C), which leaves few matches.
"""

import os
from pathlib import Path

from organizations.importers import hotmaps

VARIABLE = "HOTMAPS_FILE"


def file_named(path: str | None) -> Path:
    """
    Return the file that the option or else the environment names.

    :raises FileNotFoundError: neither does, or there is no such file.
    """
    path = path or os.environ.get(VARIABLE)
    if not path:
        raise FileNotFoundError(f"Say where the Hotmaps database lies: --hotmaps or {VARIABLE}.")
    if not Path(path).is_file():
        raise FileNotFoundError(f"There is no file {path}.")
    return Path(path)


def settle(path: Path) -> None:
    """Fill the database."""
    hotmaps.import_file(path)
