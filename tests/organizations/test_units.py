"""Units that people write, brought to canonical ones."""

import pytest

from organizations import units
from turash.errors import InvalidInput


@pytest.mark.parametrize(
    ("unit", "canonical", "factor"),
    [
        ("MWh", "MWh", 1),
        ("GWh", "MWh", 1000),
        (" GJ ", "MWh", 1 / 3.6),
        ("kg", "t", 0.001),
        ("m³", "m3", 1),
        ("m^3", "m3", 1),
        ("m**3", "m3", 1),
        ("Nm3", "m3", 1),
        ("hl", "m3", 0.1),
        ("t·km", "t*km", 1),
        ("kg * km", "t*km", 0.001),
        ("ha", "m2", 10_000),
        ("unit", "unit", 1),
    ],
)
def test_a_unit_of_the_same_dimension_is_converted(unit, canonical, factor):
    assert units.conversion_factor(unit, canonical) == pytest.approx(factor)


@pytest.mark.parametrize(
    "unit",
    [
        "", "kg", "bananas", "°C", "MWh MWh", "9**9**9", "MWh**9**9", "m**99999999", "1e400",
        "__import__('os')", "MWh/", "(MWh)", "x" * 21, "0*MWh", "\0",
    ],
)  # fmt: skip
def test_anything_else_is_refused_at_once(unit):
    with pytest.raises(InvalidInput, match="does not measure this resource"):
        units.conversion_factor(unit, "MWh")
