"""
Subsectors of the database: their sector (NACE Rev. 2), and how hot their process heat must be.

The database gives a site's fuel demand as one number. Its temperature level is that of the main
process of the subsector, so it is a rough figure: a paper mill also heats rooms, and a steelworks
also raises steam.

Sources of the levels:
- R18: Rehfeldt, Fleiter, Toro (2018): A bottom-up estimation of the heating and cooling demand in
  European industry. Energy Efficiency 11, 1057-1082 (classes below 100, 100 to 500, above 500 °C)
- N15: Naegler, Simon, Klein, Gils (2015): Quantification of the European industrial heat demand
  by branch and temperature level. International Journal of Energy Research 39, 2019-2030
- Reference documents on best available techniques (BREF) of the Joint Research Centre: CLM Cement,
  Lime and Magnesium Oxide (2013); GLS Glass (2013); IS Iron and Steel Production (2013);
  REF Refining of Mineral Oil and Gas (2015); CER Ceramics (2007)
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Subsector:
    """
    A branch of industry; temperatures in °C that its heat input accepts (None: open).

    `basis` says in words where the temperatures come from.
    """

    nace: str
    temperature_min_c: float | None
    temperature_max_c: float | None
    basis: str


SUBSECTORS: dict[str, Subsector] = {
    "Cement": Subsector("23.51", 1450, None, "clinker is burnt at about 1,450 °C (BREF CLM 2013)"),
    "Chemical industry": Subsector(
        "20", 100, 500, "mostly steam, class 100 to 500 °C (Rehfeldt et al. 2018)"
    ),
    "Glass": Subsector("23.1", 1300, None, "glass melts at 1,300 to 1,550 °C (BREF GLS 2013)"),
    "Iron and steel": Subsector(
        "24.1", 1000, None, "furnaces above 1,000 °C (Naegler et al. 2015, BREF IS 2013)"
    ),
    "Non-ferrous metals": Subsector(
        "24.4", 500, None, "furnaces, class above 500 °C (Rehfeldt et al. 2018)"
    ),
    "Non-metallic mineral products": Subsector(
        "23", 900, None, "lime and bricks are burnt from about 900 °C (BREF CLM 2013, CER 2007)"
    ),
    "Other non-classified": Subsector("", None, None, "not known for this subsector"),
    "Paper and printing": Subsector(
        "17", 100, 200, "drying with steam of 100 to 200 °C (Naegler et al. 2015)"
    ),
    "Refineries": Subsector(
        "19.2", 300, 400, "crude oil is heated to 300 to 400 °C for distillation (BREF REF 2015)"
    ),
}
