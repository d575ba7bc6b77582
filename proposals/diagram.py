"""The state machine as text for the documentation: a Mermaid diagram and a table of its steps."""

from pathlib import Path

from proposals.states import RESERVING, STEPS, Need, Side, Status

BEGIN, END = "<!-- drawn from proposals/states.py -->", "<!-- end of what is drawn -->"
WHO = {
    Side.SENDER: "the sender",
    Side.TARGET: "the side asked",
    Side.EITHER: "either side",
    Side.BOTH: "both sides, one after the other",
    Side.TIME: "nobody: the time is over",
}
NEEDS = {
    Need.IN_TIME: "`valid_until` is not over",
    Need.SAME_TERMS: "both confirm the same version of the terms",
    Need.ENOUGH_LEFT: "both flows have the quantity left",
}


def mermaid() -> str:
    """Return a state diagram; statuses that reserve a quantity are marked."""
    lines = ["stateDiagram-v2", "    [*] --> pending"]
    for step in STEPS:
        lines += [f"    {source} --> {step.target}: {step.name}" for source in step.sources]
    sources = {source for step in STEPS for source in step.sources}
    lines += [f"    {status} --> [*]" for status in Status if status not in sources]
    lines += [
        "    classDef reserving stroke-width:3px",
        f"    class {','.join(RESERVING)} reserving",
    ]
    return "\n".join(lines)


def table() -> str:
    """Return the steps, one a row: from, to, who may, what it needs."""
    rows = ["| step | from | to | who | needs |", "|---|---|---|---|---|"]
    for step in STEPS:
        sources = ", ".join(f"`{source}`" for source in step.sources)
        needs = "; ".join(NEEDS[need] for need in step.needs)
        rows.append(
            f"| {step.name} | {sources} | `{step.target}` | {WHO[step.side]} | {needs or '–'} |"
        )
    return "\n".join(rows)


def drawn() -> str:
    """Return the part of the documentation that is drawn, with its marks."""
    return f"{BEGIN}\n```mermaid\n{mermaid()}\n```\n\n{table()}\n{END}"


def draw_into(path: Path) -> bool:
    """
    Put the drawn part between its marks in a file; returns whether that changed it.

    :raises ValueError: the marks are missing.
    """
    text = path.read_text(encoding="utf-8")
    before, rest = _split(text, BEGIN)
    _, after = _split(rest, END)
    fresh = f"{before}{drawn()}{after}"
    if fresh != text:
        path.write_text(fresh, encoding="utf-8")
    return fresh != text


def _split(text: str, mark: str) -> tuple[str, str]:
    before, found, after = text.partition(mark)
    if not found:
        raise ValueError(f"The mark {mark} is missing.")
    return before, after
