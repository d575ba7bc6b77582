"""Drawings as the numbers of inline SVGs: they know shapes and texts, and nothing of the apps."""


def at(number: float) -> str:
    """A coordinate as SVG wants it, whatever the reader's language: one decimal at most."""
    return f"{round(number, 1):g}" if abs(number) < 100_000 else f"{number:.0f}"


def short(text: str, longest: int) -> str:
    """A text cut to so many characters."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
