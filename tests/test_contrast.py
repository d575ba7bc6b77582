"""Colours are told apart by everybody: WCAG 2.2 AA, of the tokens themselves, in both themes."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
CSS = (ROOT / "turash/static/css/turash.css").read_text(encoding="utf-8")
DESIGN = (ROOT / "docs/design.md").read_text(encoding="utf-8")
TEXT, CONTROL = 4.5, 3.0
# A tag stands on a breath of its own colour (`color-mix` in turash.css).
TINT = 0.07

PAIRS = {
    TEXT: [
        ("text", "ground"), ("text", "surface"), ("text", "raised"), ("text", "attention"),
        ("muted", "ground"), ("muted", "surface"), ("muted", "raised"), ("muted", "attention"),
        ("accent", "ground"), ("accent", "surface"), ("accent", "accent-soft"),
        ("accent", "attention"), ("on-accent", "accent"), ("danger", "ground"),
        ("danger", "surface"), ("output", "tint"), ("input", "tint"), ("danger", "tint"),
        ("muted", "tint"), ("surface", "output"), ("surface", "input"), ("surface", "both"),
    ],
    CONTROL: [
        ("strong-line", "surface"), ("strong-line", "ground"), ("accent", "raised"),
        ("bar", "surface"), ("bar-low", "surface"), ("bar", "raised"), ("bar-low", "raised"),
        ("output", "land"), ("input", "land"), ("both", "land"), ("area", "land"),
        ("output", "water"), ("input", "water"), ("both", "water"), ("area", "water"),
    ],
}  # fmt: skip


def themes() -> tuple[dict[str, str], dict[str, str]]:
    light, dark = re.findall(r":root \{\n(.+?)\n +\}", CSS, re.DOTALL)[:2]
    colours = [dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", part)) for part in (light, dark)]
    return colours[0], colours[0] | colours[1]


def channels(colour: str) -> list[int]:
    return [int(colour[place : place + 2], 16) for place in (1, 3, 5)]


def luminance(parts: list[float]) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    linear = [
        part / 255 / 12.92 if part / 255 <= 0.04045 else ((part / 255 + 0.055) / 1.055) ** 2.4
        for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(theme: dict[str, str], front: str, behind: str) -> float:
    ink = channels(theme[front])
    if behind == "tint":
        ground = [
            TINT * own + (1 - TINT) * other
            for own, other in zip(ink, channels(theme["surface"]), strict=True)
        ]
    else:
        ground = channels(theme[behind])
    low, high = sorted([luminance(ink), luminance(ground)])
    return (high + 0.05) / (low + 0.05)


def test_every_pair_of_colours_is_told_apart():
    light, dark = themes()
    rows, faults = [], []
    for least, pairs in PAIRS.items():
        for front, behind in pairs:
            figures = [contrast(theme, front, behind) for theme in (light, dark)]
            rows.append(f"| {front} on {behind} | {figures[0]:.1f} | {figures[1]:.1f} |")
            faults += [(front, behind, round(one, 2)) for one in figures if one < least]
    assert not faults
    # The figures of the documentation are these.
    missing = [row for row in rows if row not in DESIGN]
    assert not missing, "\n".join(missing)


def test_the_admin_has_the_same_colours():
    light, dark = themes()
    admin = (ROOT / "turash/static/css/admin.css").read_text(encoding="utf-8")
    for theme in (light, dark):
        for name in ("output", "input", "both", "area", "water", "land", "border", "attention"):
            assert f"--{name}: {theme[name]};" in admin, name
