"""Alice has 1,000 MWh of heat, Charlie needs 500, and Charlie has asked for them."""

from tests.pages.conftest import pair, proposal  # noqa: F401
