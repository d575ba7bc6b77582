"""The examples of the documentation come out as it says."""

import doctest

from django.conf import settings

from matching.engine.economics import (
    annuity_factor,
    exchanger_investment_eur,
    pipe_investment_eur,
)
from matching.engine.heat_recovery import STREAM, cascade
from matching.learning import Decision, Dismissals, learn
from tests.matching.example import pair


def test_the_examples_of_the_documentation_hold():
    known = {
        "Decision": Decision,
        "Dismissals": Dismissals,
        "annuity_factor": annuity_factor,
        "cascade": cascade,
        "exchanger_investment_eur": exchanger_investment_eur,
        "learn": learn,
        "pair": pair,
        "pipe_investment_eur": pipe_investment_eur,
        "STREAM": STREAM,
    }
    path = settings.BASE_DIR / "docs/matching-examples.md"
    outcome = doctest.testfile(str(path), module_relative=False, globs=known)
    assert outcome.attempted > 20
    assert outcome.failed == 0
