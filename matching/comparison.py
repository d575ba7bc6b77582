"""Both sides of a match, property by property."""

from dataclasses import dataclass

from matching.models import Match
from organizations import profile

# What says more about a side alone than about the fit.
LEFT_OUT = {"declared"}


@dataclass(frozen=True, slots=True)
class Pair:
    """A property of the output and of the input; empty: not stated."""

    label: str
    output: str
    input: str


def compare(match: Match) -> list[Pair]:
    """The properties that at least one side states, in the order of a flow's profile."""
    sides = [profile.facts(flow) for flow in (match.output, match.input)]
    texts = [{fact.key: fact.text for fact in facts} for facts in sides]
    order = {fact.key: index for facts in sides for index, fact in enumerate(facts)}
    labels = {fact.key: fact.label for facts in sides for fact in facts}
    return [
        Pair(labels[key], texts[0].get(key, ""), texts[1].get(key, ""))
        for key in sorted(order, key=lambda key: (_part(key, sides), order[key]))
        if key not in LEFT_OUT
    ]


def _part(key: str, sides: list[list[profile.Fact]]) -> int:
    parts = ["amount", "quality", "time", "price", "logistics"]
    return next(parts.index(fact.part) for facts in sides for fact in facts if fact.key == key)
