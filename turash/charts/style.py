"""How a drawing looks in a file of its own: what the stylesheets say, for programs of any age."""

import re
from functools import cache
from pathlib import Path

from django.contrib.staticfiles import finders

STYLESHEETS = ("css/turash.css", "css/charts.css")
_TOKEN = re.compile(r"(--[\w-]+):\s*([^;]+);")
_RULE = re.compile(r"^\s*(\.chart[^{]*\{[^}]*\})", re.MULTILINE)
_VARIABLE = re.compile(r"var\((--[\w-]+)\)")
_MIXED = re.compile(r"color-mix\(in srgb, (#[0-9a-f]{6}) (\d+)%, transparent\)")


@cache
def style() -> str:
    """Return the rules about charts with the colours of the light mode put in."""
    texts = [Path(str(finders.find(name))).read_text() for name in STYLESHEETS]
    begin = texts[0].index(":root {")
    colours = dict(_TOKEN.findall(texts[0][begin : texts[0].index("}", begin)]))
    rules = "\n".join(rule for text in texts for rule in _RULE.findall(text))
    rules = _VARIABLE.sub(lambda found: colours[found[1]], rules)
    return _MIXED.sub(lambda found: f"{found[1]}{round(int(found[2]) * 2.55):02x}", rules)
