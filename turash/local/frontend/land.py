"""Tiles of land and borders in one file, in the format MBTiles 1.3."""

import gzip
import hashlib
import sqlite3
import struct
from collections.abc import Iterator
from pathlib import Path

_HEAD = struct.Struct("<4I")
_TABLES = """
CREATE TABLE metadata (name text PRIMARY KEY, value text);
CREATE TABLE images (id text PRIMARY KEY, tile_data blob);
CREATE TABLE places (zoom_level integer, tile_column integer, tile_row integer, image text,
    PRIMARY KEY (zoom_level, tile_column, tile_row)) WITHOUT ROWID;
CREATE VIEW tiles AS SELECT zoom_level, tile_column, tile_row, tile_data
    FROM places JOIN images ON images.id = image;
"""
METADATA = {
    "name": "Land and borders",
    "format": "pbf",
    "minzoom": "0",
    "maxzoom": "7",
    "attribution": "© OpenStreetMap contributors",
    "json": '{"vector_layers": [{"id": "land", "fields": {}}]}',
}


def pack(tiles: Path, target: Path) -> None:
    """Pack what cut_land.mjs has written; tiles that look the same are kept once."""
    unfinished = target.with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    database = sqlite3.connect(unfinished)
    database.executescript(_TABLES)
    database.executemany("INSERT INTO metadata VALUES (?, ?)", METADATA.items())
    for zoom, x, y, content in _read(tiles):
        image, key = gzip.compress(content, mtime=0), hashlib.sha256(content).hexdigest()[:16]
        database.execute("INSERT OR IGNORE INTO images VALUES (?, ?)", [key, image])
        # MBTiles count rows from the south.
        row = 2**zoom - 1 - y
        database.execute("INSERT INTO places VALUES (?, ?, ?, ?)", [zoom, x, row, key])
    database.commit()
    database.close()
    unfinished.replace(target)


def _read(tiles: Path) -> Iterator[tuple[int, int, int, bytes]]:
    with tiles.open("rb") as file:
        while head := file.read(_HEAD.size):
            zoom, x, y, length = _HEAD.unpack(head)
            yield zoom, x, y, file.read(length)
