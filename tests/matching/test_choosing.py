"""Weights that a facilitator chooses: previewed, applied with a run, kept, and given up again."""

import numpy as np
import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction

from matching import preview, services, weights
from matching.engine.parameters import DEFAULT_WEIGHTS, FACTORS
from matching.models import MatchingRun, MatchingWeights, PartnerList
from organizations.models import ResourceFlow
from tests.factories import ResourceFlowFactory, SiteFactory
from tests.matching.evidence import evidence
from tests.matching.region import Region, full_run
from tests.matching.steps import planned, work

pytestmark = pytest.mark.django_db
PAGE = "/admin/matching/matchingweights/preview/"
FAR_COUNTS = dict(zip(FACTORS, [5, 5, 5, 5, 60, 10, 10], strict=True))


def array(shares) -> np.ndarray:
    return np.array([shares[name] for name in FACTORS])


def lists() -> dict:
    return {
        row.flow_id: (row.partners, row.scores)
        for row in PartnerList.objects.filter(partners__len__gt=0)
    }


def applied(row: MatchingWeights) -> MatchingRun:
    services.plan_run(row.run.pk)
    work(row.run)
    services.finish_run(row.run.pk)
    return MatchingRun.objects.get(pk=row.run.pk)


def test_what_was_previewed_is_what_applying_changes(facilitator, settings):
    settings.MATCHING_LEARNS = True
    Region(3, flow_count=60)
    # A list too short for all: what is nearer fits less by quantity.
    supply = ResourceFlowFactory(amount=50)
    for number in range(26):
        ResourceFlowFactory(
            site=SiteFactory(location=f"POINT({11.091 + number / 500} 55.68)"),
            direction="input", amount=310 - number * 10,
        )  # fmt: skip
    full_run()
    before, rows_before = lists(), MatchingWeights.objects.count()
    active = ResourceFlow.objects.active().count()
    shares = services.choosing.normalized(FAR_COUNTS)

    shown = preview.preview(array(shares))
    assert (lists(), MatchingWeights.objects.count()) == (before, rows_before)
    assert (shown.flow_count, shown.is_all) == (active, True)
    assert shown.listed_count == sum(len(partners) for partners, _ in before.values())
    assert shown.movers[0].flow == supply
    assert shown.movers[0].entered == shown.movers[0].left > 0

    row = services.choose_weights(actor=facilitator, weights=FAR_COUNTS, reason="Pipes are dear")
    # Nothing is in force before its lists are.
    assert np.array_equal(weights.in_force(), DEFAULT_WEIGHTS)
    with pytest.raises(services.RunInProgress):
        services.choose_weights(actor=facilitator, weights=FAR_COUNTS, reason="Again")
    evidence()
    applied(row)
    assert weights.latest() == row
    assert weights.by_factor() == pytest.approx(shares)
    after = lists()
    entered = left = moved = 0
    for flow_id, (partners, _scores) in after.items():
        old = before[flow_id][0]
        entered += len(set(partners) - set(old))
        left += len(set(old) - set(partners))
        both = set(old) & set(partners)
        moved += sum(old.index(one) != partners.index(one) for one in both)
    assert (shown.entered, shown.left, shown.moved) == (entered, left, moved)
    best = sum(after[key][0][0] != before[key][0][0] for key in after)
    assert shown.other_best_count == best
    assert preview.preview(array(shares)).entered == 0

    # What is learned does not undo what was chosen, until that is asked for.
    full_run()
    assert weights.latest() == row
    back = services.return_to_learned(actor=facilitator, reason="Enough")
    assert not back.is_chosen
    applied(back)
    assert weights.in_force().tolist() == pytest.approx(services.learning.learn().weights.tolist())
    assert weights.by_factor() != pytest.approx(shares)


def test_a_run_that_fails_or_is_cancelled_leaves_the_version_to_be_used_again(facilitator):
    Region(1, flow_count=20)
    row = services.choose_weights(actor=facilitator, weights=FAR_COUNTS, reason="Pipes")
    services.plan_run(row.run.pk)
    assert np.array_equal(
        weights.of_run(row.run.pk), array(services.choosing.normalized(FAR_COUNTS))
    )
    services.cancel_run(actor=facilitator, run_id=row.run.pk)
    row.refresh_from_db()
    assert row.adopted_at is None
    assert np.array_equal(weights.in_force(), DEFAULT_WEIGHTS)
    again = services.choose_weights(actor=facilitator, weights=row.by_factor, reason="Still")
    services.plan_run(again.run.pk)
    services.run_endings.fail_run(again.run.pk, "No disk")
    services.resume_run(run_id=again.run.pk, actor=facilitator)
    applied(again)
    assert weights.latest() == again
    # A run of a tree or of one uses them, too.
    assert np.array_equal(weights.of_run(planned().pk), weights.in_force())


def test_are_refused_to_others_without_a_reason_and_beyond_the_bounds(facilitator, alice):
    good = {"weights": FAR_COUNTS, "reason": "Pipes"}
    with pytest.raises(PermissionDenied):
        services.choose_weights(actor=alice, **good)
    for wrong in (
        {"reason": " "}, {"weights": FAR_COUNTS | {"trust": 0}}, {"weights": {}},
        {"weights": dict.fromkeys(FACTORS, 0)}, {"weights": FAR_COUNTS | {"trust": 900}},
    ):  # fmt: skip
        with pytest.raises(ValidationError):
            services.choose_weights(actor=facilitator, **good | wrong)
    assert not MatchingRun.objects.exists()
    shares = services.choosing.normalized(FAR_COUNTS)
    with pytest.raises(IntegrityError), transaction.atomic():
        MatchingWeights.objects.create(**shares, is_chosen=True)


def test_the_sample_is_bounded_in_flows_and_in_time(monkeypatch):
    Region(2, flow_count=30)
    some = preview.preview(DEFAULT_WEIGHTS, most=7)
    assert (some.flow_count, some.is_all) == (7, False)
    assert preview.preview(DEFAULT_WEIGHTS, most=7) == some
    assert preview.preview(DEFAULT_WEIGHTS, longest_s=0).flow_count == 0
    assert (some.entered, some.moved, some.mean_score_shift) == (0, 0, 0.0)


def test_the_page_previews_applies_restores_and_returns(client_as, facilitator):
    Region(1, flow_count=20)
    browser = client_as(facilitator)
    page = browser.get(PAGE)
    assert page.context["preview"] is None
    page = browser.get(PAGE, FAR_COUNTS)
    assert page.context["preview"].flow_count > 0
    assert not MatchingRun.objects.exists()
    assert browser.get(PAGE, FAR_COUNTS | {"trust": -1}).context["preview"] is None
    assert browser.post(PAGE, FAR_COUNTS).status_code == 400
    assert browser.post(PAGE, FAR_COUNTS | {"trust": 0, "reason": "x"}).status_code == 400
    assert browser.post(PAGE, FAR_COUNTS | {"reason": "Pipes"}).status_code == 302
    row = MatchingWeights.objects.get()
    assert (row.requested_by, row.reason, row.is_chosen) == (facilitator, "Pipes", True)
    assert browser.post(PAGE, FAR_COUNTS | {"reason": "Twice"}).status_code == 400
    applied(row)
    page = browser.get("/admin/matching/matchingweights/")
    assert f"?version={row.pk}" in page.content.decode()
    page = browser.get(PAGE, {"version": row.pk})
    assert page.context["preview"].entered == 0
    assert browser.post(PAGE, {"return": "1", "reason": ""}).status_code == 400
    assert browser.post(PAGE, {"return": "1", "reason": "Enough"}).status_code == 302
    newest = MatchingWeights.objects.first()
    assert (newest.is_chosen, newest.reason) == (False, "Enough")
