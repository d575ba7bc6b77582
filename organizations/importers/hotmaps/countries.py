"""Countries of the database: its labels, ISO codes, and where they lie."""

# Extents as (west, south, east, north) in degrees, rounded outwards. They tell a misplaced site
# from one that is abroad, and need be no finer than that.
EXTENTS: dict[str, tuple[tuple[int, int, int, int], ...]] = {
    "AT": ((9, 46, 18, 50),),
    "BE": ((2, 49, 7, 52),),
    "BG": ((22, 41, 29, 45),),
    "CH": ((5, 45, 11, 48),),
    "CY": ((32, 34, 35, 36),),
    "CZ": ((12, 48, 19, 52),),
    "DE": ((5, 47, 16, 56),),
    "DK": ((8, 54, 16, 58),),
    "EE": ((21, 57, 29, 60),),
    # Mainland, Canary Islands.
    "ES": ((-10, 35, 5, 44), (-19, 27, -13, 30)),
    "FI": ((19, 59, 32, 71),),
    # Mainland, Antilles, Guiana, Réunion and Mayotte.
    "FR": ((-6, 41, 10, 52), (-62, 14, -60, 17), (-55, 2, -51, 6), (45, -22, 56, -12)),
    "GB": ((-9, 49, 2, 61),),
    "GR": ((19, 34, 30, 42),),
    "HR": ((13, 42, 20, 47),),
    "HU": ((16, 45, 23, 49),),
    "IE": ((-11, 51, -5, 56),),
    "IS": ((-25, 63, -13, 67),),
    "IT": ((6, 35, 19, 48),),
    "LI": ((9, 47, 10, 48),),
    "LT": ((20, 53, 27, 57),),
    "LU": ((5, 49, 7, 51),),
    "LV": ((20, 55, 29, 59),),
    "NL": ((3, 50, 8, 54),),
    "NO": ((4, 57, 32, 72),),
    "PL": ((14, 48, 25, 55),),
    # Mainland, Azores and Madeira.
    "PT": ((-10, 36, -6, 43), (-32, 32, -16, 40)),
    "RO": ((20, 43, 30, 49),),
    "SE": ((10, 55, 25, 70),),
    "SI": ((13, 45, 17, 47),),
    "SK": ((16, 47, 23, 50),),
}

# Label → codes it can stand for. The edition of 2019 has two labels shifted: every site labelled
# Liechtenstein lies in Croatia, and every site labelled Croatia lies in Iceland.
CODES: dict[str, tuple[str, ...]] = {
    "Austria": ("AT",),
    "Belgium": ("BE",),
    "Bulgaria": ("BG",),
    "Croatia": ("HR", "IS"),
    "Cyprus": ("CY",),
    "Czech Republic": ("CZ",),
    "Denmark": ("DK",),
    "Estonia": ("EE",),
    "Finland": ("FI",),
    "France": ("FR",),
    "Germany": ("DE",),
    "Greece": ("GR",),
    "Hungary": ("HU",),
    "Iceland": ("IS",),
    "Ireland": ("IE",),
    "Italy": ("IT",),
    "Latvia": ("LV",),
    "Liechtenstein": ("LI", "HR"),
    "Lithuania": ("LT",),
    "Luxembourg": ("LU",),
    "Netherland": ("NL",),
    "Netherlands": ("NL",),
    "Norway": ("NO",),
    "Poland": ("PL",),
    "Portugal": ("PT",),
    "Romania": ("RO",),
    "Slovakia": ("SK",),
    "Slovenia": ("SI",),
    "Spain": ("ES",),
    "Sweden": ("SE",),
    "Switzerland": ("CH",),
    "United Kingdom": ("GB",),
}


def lies_in(code: str, longitude: float, latitude: float) -> bool:
    """Whether a point [degrees] lies within the extent of a country."""
    return any(
        west <= longitude <= east and south <= latitude <= north
        for west, south, east, north in EXTENTS[code]
    )


def country_of(label: str, longitude: float, latitude: float) -> str | None:
    """Return the ISO code that a label stands for at this point; None for an unknown label."""
    codes = CODES.get(label)
    if codes is None:
        return None
    return next((code for code in codes if lies_in(code, longitude, latitude)), codes[0])
