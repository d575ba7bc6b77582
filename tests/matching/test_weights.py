"""Weights come into force with the matches of a run of all, and with nothing else."""

from decimal import Decimal

import numpy as np
import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from matching import services, staging, weights
from matching.engine.parameters import DEFAULT_WEIGHTS, FACTORS
from matching.models import Match, MatchDismissal, MatchingWeights, ProposalEvidence
from proposals import services as proposal_services
from tests.factories import ResourceFlowFactory, SiteFactory
from tests.matching.evidence import evidence
from tests.matching.region import Region, full_run, rows
from tests.matching.steps import planned, work
from turash.events.models import DomainEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def learns(settings):
    settings.MATCHING_LEARNS = True


@pytest.fixture
def pair(alices_organization, charlies_organization):
    """Alice has heat, Charlie needs it."""
    output = ResourceFlowFactory(site=SiteFactory(organization=alices_organization))
    input_ = ResourceFlowFactory(
        site=SiteFactory(organization=charlies_organization, location="POINT(11.1 55.68)"),
        direction="input",
        type_code="heat",
        current_cost_per_unit=60,
    )
    services.rematch_flow(flow_id=output.pk)
    return output, input_


def decide(pair, charlie, alice, status: str):
    """Charlie asks for Alice's heat, of the match between them; she decides."""
    output, input_ = pair
    proposal = proposal_services.create_proposal(
        actor=charlie,
        from_organization=input_.organization,
        to_organization=output.organization,
        resource=output,
        direction="output",
        message="May we have it?",
        match=Match.objects.get(),
        quantity=Decimal(10),
    )
    actor = charlie if status == "withdrawn" else alice
    return proposal_services.move_proposal(proposal_id=proposal.pk, actor=actor, status=status)


class TestInForce:
    def test_defaults_until_something_is_adopted(self):
        assert np.array_equal(weights.in_force(), DEFAULT_WEIGHTS)
        assert weights.in_force() is not DEFAULT_WEIGHTS

    def test_off_by_default(self, settings):
        assert settings.MATCHING_LEARNS is False
        Region(1, flow_count=40)
        evidence()
        full_run()
        assert not MatchingWeights.objects.exists()

    def test_without_evidence_nothing_is_adopted(self, learns):
        full_run()
        assert not MatchingWeights.objects.exists()

    def test_a_run_of_all_adopts_them_with_its_matches(self, learns):
        Region(1, flow_count=40)
        full_run()
        before = rows()
        assert before
        evidence()
        run = planned()
        brought = MatchingWeights.objects.get()
        assert (brought.run, brought.adopted_at) == (run, None)
        work(run)
        # Readers still see the old matches, and the weights that these were made with.
        assert np.array_equal(weights.in_force(), DEFAULT_WEIGHTS)
        assert rows() == before
        services.finish_run(run.pk)
        assert weights.latest() == brought
        assert np.array_equal(weights.in_force(), list(brought.by_factor.values()))
        # 80 decisions, told apart by distance alone: up by 50 % · (80 · ½)/180 · 0.9.
        assert brought.shifts["spatial"] == pytest.approx(0.5 * 40 / 180 * 0.9)
        assert (brought.accepted_count, brought.rejected_count) == (40, 40)
        assert {row[2] for row in rows().values()} != {row[2] for row in before.values()}
        for match in Match.objects.for_display():
            expected = sum(
                weight * match.factors[name] for name, weight in brought.by_factor.items()
            )
            assert match.score == pytest.approx(expected, abs=1e-12)

    def test_a_second_run_on_the_same_evidence_adopts_nothing(self, learns):
        Region(1, flow_count=40)
        evidence()
        full_run()
        run = full_run()
        assert MatchingWeights.objects.count() == 1
        assert (run.found_count, run.lost_count) == (0, 0)

    def test_rematches_and_runs_of_one_use_those_in_force(self, learns):
        region = Region(1, flow_count=40)
        evidence()
        full_run()
        expected = rows()
        evidence(60, "trust")
        for flow in region.flows[:10]:
            services.rematch_flow(flow_id=flow.pk)
        organization = region.flows[0].organization
        run = planned(organization=organization)
        work(run)
        services.finish_run(run.pk)
        assert rows() == expected
        assert MatchingWeights.objects.count() == 1

    @pytest.mark.parametrize("end", ["cancelled", "failed"])
    def test_a_run_that_does_not_finish_leaves_those_of_before(self, learns, end, monkeypatch):
        Region(1, flow_count=40)
        full_run()
        before = rows()
        assert before
        evidence()
        run = planned()
        work(run)
        if end == "cancelled":
            services.cancel_run(actor=None, run_id=run.pk)
        else:
            monkeypatch.setattr(staging, "swap_in", lambda run: 1 / 0)
            for _ in range(3):
                services.finish_run(run.pk)
        run.refresh_from_db()
        assert run.status == end
        # One that has failed may go on, with its own.
        assert MatchingWeights.objects.count() == (0 if end == "cancelled" else 1)
        assert np.array_equal(weights.in_force(), DEFAULT_WEIGHTS)
        assert rows() == before

    def test_switched_off_the_next_run_goes_back_to_the_defaults(self, learns, settings):
        Region(1, flow_count=40)
        full_run()
        before = rows()
        assert before
        evidence()
        full_run()
        assert rows() != before
        settings.MATCHING_LEARNS = False
        assert not np.array_equal(weights.in_force(), DEFAULT_WEIGHTS)
        full_run()
        assert np.array_equal(weights.in_force(), DEFAULT_WEIGHTS)
        assert weights.latest().dismissal_count == weights.latest().accepted_count == 0
        assert rows() == before

    def test_those_of_a_forgotten_run_stay(self, learns):
        evidence()
        run = full_run()
        services.prune_runs(timezone.now())
        assert not type(run).objects.exists()
        assert weights.latest().run is None

    @pytest.mark.parametrize("wrong", [{"trust": 0.2}, {"trust": -0.1, "quality": 0.4}])
    def test_nonsense_is_refused_by_the_database(self, wrong):
        fields = dict(zip(FACTORS, DEFAULT_WEIGHTS.tolist(), strict=True)) | wrong
        with pytest.raises(IntegrityError), transaction.atomic():
            MatchingWeights.objects.create(**fields)


class TestDecisions:
    @pytest.mark.parametrize(("status", "kept"), [("accepted", True), ("rejected", False)])
    def test_are_kept_with_the_scores_of_the_match(
        self, pair, charlie, alice, run_events, status, kept
    ):
        factors = Match.objects.for_display().get().factors
        proposal = decide(pair, charlie, alice, status)
        run_events()
        row = ProposalEvidence.objects.get()
        assert (row.proposal_id, row.organization) == (proposal.pk, pair[0].organization)
        assert row.is_accepted is kept
        assert row.by_factor == pytest.approx(factors)

    def test_other_steps_are_not(self, pair, charlie, alice, run_events):
        decide(pair, charlie, alice, "withdrawn")
        proposal = decide(pair, charlie, alice, "accepted")
        run_events()
        before = ProposalEvidence.objects.values().get()
        proposal_services.move_proposal(proposal_id=proposal.pk, actor=alice, status="failed")
        run_events()
        assert ProposalEvidence.objects.values().get() == before

    def test_handled_again_nothing_changes(self, pair, charlie, alice, run_events):
        proposal = decide(pair, charlie, alice, "accepted")
        run_events()
        before = ProposalEvidence.objects.values().get()
        services.note_decision(
            proposal_id=proposal.pk,
            organization_id=pair[0].organization_id,
            is_accepted=False,
            output_id=pair[0].pk,
            input_id=pair[1].pk,
            decided_at=timezone.now(),
        )
        assert ProposalEvidence.objects.values().get() == before

    def test_without_a_match_there_is_nothing_to_learn(self, pair, charlie, alice, run_events):
        proposal = proposal_services.create_proposal(
            actor=charlie,
            from_organization=pair[1].organization,
            to_organization=pair[0].organization,
            resource=pair[0],
            direction="output",
            message="May we have it?",
        )
        proposal_services.move_proposal(proposal_id=proposal.pk, actor=alice, status="accepted")
        run_events()
        assert not ProposalEvidence.objects.exists()
        payload = DomainEvent.objects.filter(type="proposal_status_changed").get().payload
        assert (payload["output_id"], payload["input_id"]) == (None, None)

    @pytest.mark.parametrize("change", [{"status": "paused"}, {"max_distance_km": 0.1}])
    def test_nor_of_a_pair_that_fits_no_more(self, pair, charlie, alice, run_events, change):
        decide(pair, charlie, alice, "accepted")
        type(pair[0]).objects.filter(pk=pair[0].pk).update(**change)
        run_events()
        assert not ProposalEvidence.objects.exists()


class TestDismissals:
    @pytest.fixture
    def dismiss(self, api_as, alice, pair):
        def post(body: dict):
            return api_as(alice).post(f"/api/v1/matches/{Match.objects.get().pk}/dismiss", body)

        return post

    def test_a_reason_alone_is_enough(self, dismiss):
        assert dismiss({"reason": "Under a road"}).status_code == 204
        assert MatchDismissal.objects.get().category == ""

    def test_a_category_points_to_a_factor(self, dismiss, learns):
        assert dismiss({"reason": "A river", "category": "too_far"}).status_code == 204
        full_run()
        row = weights.latest()
        assert (row.dismissal_count, row.organization_count) == (1, 1)
        assert row.votes == dict.fromkeys(FACTORS, 0) | {"spatial": 1}
        assert row.shifts["spatial"] == pytest.approx(0.5 * 0.9 / 101)
        assert all(row.shifts[name] < 0 for name in FACTORS if name != "spatial")

    @pytest.mark.parametrize("category", ["", "other"])
    def test_no_category_and_something_else_teach_nothing(self, dismiss, learns, category):
        dismiss({"reason": "We just sold it"} | ({"category": category} if category else {}))
        full_run()
        assert MatchDismissal.objects.get().category == category
        assert not MatchingWeights.objects.exists()

    @pytest.mark.parametrize("category", ["too_near", "", None, 5, ["too_far"]])
    def test_an_unknown_one_is_refused(self, dismiss, category):
        answer = dismiss({"reason": "No", "category": category})
        assert answer.status_code == 400
        assert list(answer.json()["errors"]) == ["category"]
        assert not MatchDismissal.objects.exists()

    def test_the_latest_word_counts(self, dismiss):
        dismiss({"reason": "A river", "category": "too_far"})
        dismiss({"reason": "No permit after all", "category": "permits"})
        assert MatchDismissal.objects.get().category == "permits"
        dismiss({"reason": "Neither"})
        assert MatchDismissal.objects.get().category == ""

    def test_on_the_page(self, client_as, alice, pair):
        browser = client_as(alice)
        match = Match.objects.for_display().get()
        html = browser.get(reverse("matching:match-detail", args=[match.pk])).content.decode()
        assert '<option value="too_far">Too far away</option>' in html
        url = reverse("matching:match-dismiss", args=[match.pk])
        answer = browser.post(url, {"reason": "A river", "category": "nonsense"}, follow=True)
        assert "nonsense is not one of the available choices" in answer.content.decode()
        assert not MatchDismissal.objects.exists()
        browser.post(url, {"reason": "A river", "category": "too_far"})
        assert MatchDismissal.objects.get().category == "too_far"

    def test_a_facilitator_sorts_what_was_said(self, client_as, facilitator, dismiss, alice):
        dismiss({"reason": "A river lies between"})
        row = MatchDismissal.objects.get()
        browser = client_as(facilitator)
        url = reverse("admin:matching_matchdismissal_change", args=[row.pk])
        form = browser.get(url).context["adminform"].form
        assert list(form.fields) == ["category"]
        assert browser.post(url, {"category": "too_far", "reason": "x"}).status_code == 302
        row.refresh_from_db()
        assert (row.category, row.reason) == ("too_far", "A river lies between")
        with pytest.raises(PermissionDenied):
            services.classify_dismissal(actor=alice, dismissal_id=row.pk, category="other")
        with pytest.raises(ValidationError):
            services.classify_dismissal(actor=facilitator, dismissal_id=row.pk, category="x")


class TestReports:
    @pytest.fixture
    def adopted(self, learns, pair):
        evidence()
        full_run()
        return weights.latest()

    def test_the_page_of_a_match(self, client_as, alice, adopted):
        url = reverse("matching:match-detail", args=[Match.objects.get().pk])
        html = client_as(alice).get(url).content.decode()
        assert f"Distance <small>{round(adopted.spatial * 100)}" in html

    def test_the_api(self, api_as, alice, adopted):
        (match,) = api_as(alice).get("/api/v1/matches").json()
        assert match["weights"] == adopted.by_factor
        score = sum(match["weights"][name] * value for name, value in match["factors"].items())
        assert score == pytest.approx(match["score"], abs=1e-12)

    @pytest.mark.parametrize("is_on", [True, False])
    def test_the_admin(self, client_as, facilitator, adopted, settings, is_on):
        settings.MATCHING_LEARNS = is_on
        browser = client_as(facilitator)
        html = browser.get(reverse("admin:matching_matchingweights_changelist")).content.decode()
        assert f"Learning is {'on' if is_on else 'off'}." in html
        assert "distance: 11.0 % (+10.0 %)" in html
        assert "in force" in html
        url = reverse("admin:matching_matchingweights_change", args=[adopted.pk])
        html = browser.get(url).content.decode()
        # The default, and the difference between accepted and rejected.
        assert "distance: 10.0 %" in html
        assert "distance: 1.000" in html
        assert browser.post(url, {"spatial": 1}).status_code == 403
