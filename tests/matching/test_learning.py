"""The formula that turns evidence into weights: bounded, monotone, blind to order and to crowds."""

import random

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from matching.engine.parameters import (
    DEFAULT_WEIGHTS,
    EVIDENCE_FOR_HALF_SHIFT,
    EVIDENCE_PER_ORGANIZATION,
    FACTORS,
    LARGEST_WEIGHT_SHIFT,
)
from matching.learning import Decision, Dismissals, learn

organizations = st.integers(0, 30)
factors = st.sampled_from(FACTORS)
shares = st.floats(0, 1)
dismissals = st.lists(
    st.builds(Dismissals, organizations, factors, st.integers(1, 40)), max_size=40
)
decisions = st.lists(
    st.builds(
        Decision,
        organizations,
        st.booleans(),
        st.lists(shares, min_size=7, max_size=7).map(
            lambda scores: dict(zip(FACTORS, scores, strict=True))
        ),
    ),
    max_size=40,
)


def shifts(lesson) -> np.ndarray:
    return lesson.weights / DEFAULT_WEIGHTS - 1


def weight(lesson, factor: str) -> float:
    return lesson.weights_by_factor[factor]


def test_no_evidence_leaves_the_defaults():
    assert np.array_equal(learn([], []).weights, DEFAULT_WEIGHTS)


@given(dismissals, decisions)
def test_weights_add_up_and_stay_within_their_bounds(dismissed, decided):
    lesson = learn(dismissed, decided)
    assert lesson.weights.sum() == pytest.approx(1, abs=1e-12)
    evidence = sum(lesson.votes.values()) + lesson.contrast
    most = LARGEST_WEIGHT_SHIFT * evidence / (evidence + EVIDENCE_FOR_HALF_SHIFT)
    assert np.abs(shifts(lesson)).max() <= most + 1e-12
    assert most < LARGEST_WEIGHT_SHIFT


@given(dismissals, decisions, st.randoms(use_true_random=False))
def test_the_order_of_the_evidence_does_not_matter(dismissed, decided, chance):
    expected = learn(dismissed, decided)
    dismissed, decided = list(dismissed), list(decided)
    chance.shuffle(dismissed)
    chance.shuffle(decided)
    found = learn(dismissed, decided)
    assert np.array_equal(found.weights, expected.weights)
    assert (found.votes, found.differences) == (expected.votes, expected.differences)


@given(dismissals, decisions, organizations, factors)
def test_one_more_dismissal_gives_its_factor_more_weight(dismissed, decided, organization, factor):
    before = weight(learn(dismissed, decided), factor)
    after = weight(learn([*dismissed, Dismissals(organization, factor)], decided), factor)
    assert after >= before - 1e-12
    if organization not in {one.organization for one in dismissed}:
        # It has not used up what it may say.
        assert after > before


@given(dismissals, decisions, factors, st.data())
def test_what_was_high_where_people_accepted_gets_more_weight(dismissed, decided, factor, data):
    accepted = [number for number, one in enumerate(decided) if one.is_accepted]
    assume(accepted)
    number = data.draw(st.sampled_from(accepted))
    higher = data.draw(st.floats(decided[number].scores[factor], 1))
    before = weight(learn(dismissed, decided), factor)
    one = decided[number]
    decided[number] = Decision(one.organization, True, dict(one.scores) | {factor: higher})
    assert weight(learn(dismissed, decided), factor) >= before - 1e-12


@given(dismissals, decisions, factors, st.integers(5, 1_000_000))
def test_dismissing_in_masses_helps_nobody(dismissed, decided, factor, count):
    five = learn([*dismissed, Dismissals("crowd", factor, 5)], decided).weights
    many = learn([*dismissed, Dismissals("crowd", factor, count)], decided).weights
    assert many == pytest.approx(five, abs=1e-12)


@given(st.lists(st.tuples(factors, st.integers(1, 10_000)), max_size=9), decisions)
def test_one_organization_alone_shifts_no_weight_by_more_than_a_twentieth(counts, decided):
    own = [Dismissals("one", factor, count) for factor, count in counts]
    decided = [Decision("one", one.is_accepted, one.scores) for one in decided]
    assert np.abs(shifts(learn(own, decided))).max() < 0.05


@pytest.mark.parametrize("is_accepted", [True, False])
def test_decisions_of_one_kind_teach_nothing(is_accepted):
    scores = dict.fromkeys(FACTORS, 0.2) | {"spatial": 0.9}
    lesson = learn([], [Decision(number, is_accepted, scores) for number in range(50)])
    assert np.array_equal(lesson.weights, DEFAULT_WEIGHTS)
    assert lesson.contrast == 0


def test_much_evidence_comes_near_the_bound():
    lesson = learn([Dismissals(number, "trust", 5) for number in range(10_000)], [])
    shift = shifts(lesson)[FACTORS.index("trust")]
    # All pull one factor of a tenth: up by half, less what the mean itself moves.
    assert shift == pytest.approx(0.5 * 0.9, rel=0.01)


def test_the_same_is_found_by_hand():
    """Three organizations; the formula of the documentation in plain arithmetic."""
    chance = random.Random(7)
    decided = [
        Decision(n % 3, n % 2 == 0, {name: chance.random() for name in FACTORS}) for n in range(6)
    ]
    lesson = learn([Dismissals(0, "spatial", 8), Dismissals(0, "trust", 2)], decided)
    # Ten dismissals of one organization count for five.
    votes = dict.fromkeys(FACTORS, 0.0) | {"spatial": 4.0, "trust": 1.0}
    assert lesson.votes == votes
    assert lesson.contrast == 6
    pull = {}
    for name in FACTORS:
        yes = sum(one.scores[name] for one in decided[::2]) / 3
        no = sum(one.scores[name] for one in decided[1::2]) / 3
        pull[name] = (votes[name] + 6 * (yes - no) / 2) / (5 + 6 + 100)
    defaults = dict(zip(FACTORS, DEFAULT_WEIGHTS.tolist(), strict=True))
    mean = sum(defaults[name] * pull[name] for name in FACTORS)
    for name in FACTORS:
        by_hand = defaults[name] * (1 + 0.5 * (pull[name] - mean))
        assert weight(lesson, name) == pytest.approx(by_hand, rel=1e-12)


def test_the_bound_of_an_organization_is_that_of_the_documentation():
    assert EVIDENCE_PER_ORGANIZATION == 5
