"""Land and borders under the map: fine enough that a harbour town lies on land."""

import math
from itertools import pairwise

import pytest
from django.contrib.gis.gdal import DataSource
from django.contrib.gis.geos import Point


def tile_of(longitude: float, latitude: float, zoom: int) -> tuple[int, int, int]:
    across = (longitude + 180) / 360
    down = (1 - math.asinh(math.tan(math.radians(latitude))) / math.pi) / 2
    return zoom, int(across * 2**zoom), int(down * 2**zoom)


@pytest.fixture
def is_land(client, tmp_path):
    """Whether a place is on land, as GDAL reads the tile."""

    def ask(longitude: float, latitude: float) -> bool:
        zoom, x, y = tile_of(longitude, latitude, 7)
        answer = client.get(f"/map/land/{zoom}/{x}/{y}.mvt")
        if answer.status_code == 204:
            return False
        # The driver tells the place of a tile by its path.
        path = tmp_path / f"{zoom}/{x}/{y}.mvt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(answer.content)
        place = Point(longitude, latitude, srid=4326).transform(3857, clone=True)
        (land,) = DataSource(f"MVT:{path}")
        crossings = sum(_crosses(ring, place.x, place.y) for ring in _rings(land))
        return crossings % 2 == 1

    return ask


def _rings(land):
    for country in land:
        shape = country.geom
        polygons = [shape.coords] if shape.geom_name == "POLYGON" else shape.coords
        for rings in polygons:
            yield from rings


def _crosses(ring, x: float, y: float) -> int:
    """How often a ray to the east meets the ring."""
    sides = pairwise(ring)
    return sum(
        (a[1] > y) != (b[1] > y) and x < a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0])
        for a, b in sides
    )


def test_coast_towns_are_on_land_and_fjords_are_not(is_land):
    assert is_land(11.0886, 55.6795)  # Kalundborg
    assert is_land(11.0790, 55.6900)  # its north, beside the fjord
    assert not is_land(11.0400, 55.6700)  # Kalundborg Fjord
    assert is_land(52.7985, 54.5378)  # Bugulma
    assert not is_land(-30.0, 45.0)  # the middle of the Atlantic


def test_tiles_are_kept_by_browsers_and_named_by_their_version(client):
    described = client.get("/map/land.json")
    (address,) = described.json()["tiles"]
    assert "openstreetmap.org/copyright" in described.json()["attribution"]
    place = dict(zip("zxy", tile_of(11.09, 55.68, 7), strict=True))
    url = address.replace("http://testserver", "").format(**place)
    packed = client.get(url, headers={"Accept-Encoding": "gzip"})
    assert packed["Content-Encoding"] == "gzip"
    assert "immutable" in packed["Cache-Control"]
    assert len(packed.content) < 40_000
    # Of another version it is asked for again soon.
    assert "max-age=3600" in client.get(url.split("?")[0] + "?v=old")["Cache-Control"]
    assert "Cookie" not in packed["Vary"]


def test_the_first_sight_of_the_map_is_light(client):
    _zoom, x, y = tile_of(15, 50, 2)
    around = [(2, x + right, y + down) for right in (-1, 0, 1) for down in (-1, 0, 1)]
    sizes = [
        len(
            client.get(
                "/map/land/{}/{}/{}.mvt".format(*place), headers={"Accept-Encoding": "gzip"}
            ).content
        )
        for place in around
        if 0 <= place[2] < 4
    ]
    assert 0 < sum(sizes) < 100_000


@pytest.mark.parametrize("place", ["8/1/1", "2/4/0", "2/0/4", "7/128/0"])
def test_where_no_tile_can_be_there_is_none(client, place):
    assert client.get(f"/map/land/{place}.mvt").status_code == 404


def test_without_its_file_the_page_does_without(client, monkeypatch, tmp_path):
    monkeypatch.setattr("turash.views.land.LAND", tmp_path / "none")
    assert client.get("/map/land.json").status_code == 404
    assert client.get("/map/land/0/0/0.mvt").status_code == 404
