"""Numbers and units as people read them."""

import pytest

from turash import figures


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (12345.6, "12,346"),
        (12.34, "12.3"),
        (1.0, "1"),
        (0.01234, "0.0123"),
        (-86436, "-86,436"),
        (0, "0"),
        (None, ""),
        (float("nan"), ""),
        (1e15, "1,000,000,000,000,000"),
    ],
)
def test_three_digits_say_enough(number, text):
    assert figures.figure(number) == text


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (80, 90, "80–90\u202f°C"),
        (60, None, "≥\u202f60\u202f°C"),
        (None, 3.5, "≤\u202f3.5\u202f°C"),
        (5, 5, "5\u202f°C"),
        (None, None, ""),
    ],
)
def test_ranges_may_be_open(low, high, text):
    assert figures.span(low, high, "°C") == text


def test_distances_are_read_in_metres_and_kilometres():
    texts = [figures.distance(metres) for metres in (0, 350.4, 2467, 30_000, 123_456)]
    assert texts == ["0\u202fm", "350\u202fm", "2.5\u202fkm", "30\u202fkm", "123\u202fkm"]


def test_units_are_set_as_in_print():
    assert [figures.unit(text) for text in ("m3", "t*km", "MWh")] == ["m³", "t·km", "MWh"]
