"""Runs of a tree of types and of a box: what they compute, and what they leave alone."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.urls import reverse

from matching import services, weights
from matching.lists import Changes
from matching.models import Match, MatchingRun, PartnerList, RematchRequest, StagedList
from organizations.models import ResourceFlow, ResourceType
from tests.factories import OrganizationFactory, ResourceFlowFactory, SiteFactory
from tests.matching.evidence import evidence
from tests.matching.region import Region, full_run, lists, rows
from tests.matching.steps import planned, work
from turash.realtime.models import Notification

pytestmark = pytest.mark.django_db

BOX = (11.0, 55.6, 11.15, 55.8)

SIDES = ("west", "south", "east", "north")


def type_of(code: str) -> ResourceType:
    return ResourceType.objects.get(code=code)


def in_tree(code: str) -> Q:
    return Q(output__resource_type__code=code) | Q(
        output__resource_type__code__startswith=f"{code}."
    )


def finish(run: MatchingRun) -> MatchingRun:
    work(run)
    services.finish_run(run.pk)
    run.refresh_from_db()
    assert (run.status, run.error) == ("finished", "")
    return run


@pytest.fixture
def region():
    region = Region(11, flow_count=60)
    full_run()
    return region


class TestTree:
    def test_swaps_in_the_matches_of_the_tree_alone(self, region):
        expected = rows()
        heat = Match.objects.filter(in_tree("heat")).count()
        assert 0 < heat < len(expected)
        of_tree = PartnerList.objects.filter(flow__in=ResourceFlow.objects.of_type("heat"))
        of_tree.delete()
        # Wrong, but of another tree.
        PartnerList.objects.update(best_co2_avoided_t_per_year=0.123)
        others = lists()

        run = finish(planned(resource_type=type_of("heat")))
        assert [partition.root_type.code for partition in run.partitions.all()] == ["heat"]
        flows = ResourceFlow.objects.active().of_type("heat").count()
        assert (run.done_count, run.total_count) == (flows, flows)
        assert (run.found_count, run.lost_count, run.match_count) == (heat, 0, heat)
        assert {key: row for key, row in lists().items() if key in others} == others
        assert rows() == expected
        assert not StagedList.objects.exists()

    def test_drops_what_fits_no_more(self, region):
        ResourceFlow.objects.of_type("heat").filter(direction="output").update(status="paused")
        others = Match.objects.exclude(in_tree("heat")).count()
        heat = Match.objects.count() - others
        run = finish(planned(resource_type=type_of("heat")))
        assert (run.found_count, run.lost_count, run.match_count) == (0, heat, 0)
        assert Match.objects.count() == others

    def test_a_type_stands_for_the_tree_that_it_belongs_to(self):
        run = services.request_run(resource_type=type_of("heat.steam"))
        assert run.root_type == type_of("heat")
        with pytest.raises(services.RunInProgress):
            services.request_run(resource_type=type_of("heat.hot_water"))
        # Other trees have nothing to do with it.
        services.request_run(resource_type=type_of("water"))

    def test_uses_the_weights_in_force(self, region, settings):
        settings.MATCHING_LEARNS = True
        evidence()
        full_run()
        expected = rows()
        evidence(60, "trust")
        finish(planned(resource_type=type_of("heat")))
        assert rows() == expected
        assert weights.latest().accepted_count == 40

    def test_a_group_stands_for_all_trees_in_it(self, region):
        expected = rows()
        group = type_of("mineral")
        assert group.is_group
        of_group = PartnerList.objects.filter(flow__in=ResourceFlow.objects.of_type("mineral"))
        assert of_group.delete()[0]
        run = finish(planned(resource_type=group))
        assert [one.root_type.code for one in run.partitions.all()] == ["mineral.fly_ash"]
        assert rows() == expected
        services.request_run(resource_type=group)
        with pytest.raises(services.RunInProgress):
            services.request_run(resource_type=group)

    def test_waits_for_a_run_of_all(self):
        services.request_run()
        with pytest.raises(services.RunInProgress):
            services.request_run(resource_type=type_of("heat"))

    def test_a_run_of_all_takes_its_work_over(self, region):
        tree = planned(resource_type=type_of("heat"))
        work(tree, number=1)
        queued = services.request_run(resource_type=type_of("water"))
        run = planned()
        for other in (tree, queued):
            other.refresh_from_db()
            assert (other.status, other.error) == ("cancelled", "A run of all does its work.")
        assert not StagedList.objects.exists()
        work(tree)
        finish(run)

    def test_that_comes_too_late_gives_way(self, region):
        # Both were asked for at once, and neither saw the other.
        tree = MatchingRun.objects.create(root_type=type_of("heat"))
        run = planned()
        later = MatchingRun.objects.create(root_type=type_of("water"))
        services.plan_run(later.pk)
        for other in (tree, later):
            other.refresh_from_db()
            assert other.status == "cancelled"
        finish(run)

    def test_changes_wait_for_its_end(self, region, run_events):
        run = planned(resource_type=type_of("heat"))
        for partition in run.partitions.all():
            region.change_without_rematch()
            services.work_partition(partition.pk)
        flow = region.edit()
        services.request_rematches([flow.pk])
        services.rematch_due()
        assert RematchRequest.objects.filter(pk=flow.pk).exists()
        run_events()
        run.refresh_from_db()
        assert run.status == "finished"
        assert not RematchRequest.objects.exists()
        after = rows()
        full_run()
        assert rows() == after

    def test_tells_those_whose_flows_it_matched(self, run_events, alice, charlie):
        for user, code in ((alice, "heat.steam"), (charlie, "water.wastewater")):
            site = SiteFactory(organization=user.organizations.get())
            ResourceFlowFactory(site=site, type_code=code)
        run_events()
        Notification.objects.all().delete()
        services.request_run(resource_type=type_of("heat"))
        run_events()
        told = Notification.objects.filter(type="matching_run_finished")
        assert [row.organization for row in told] == [alice.organizations.get()]


class TestBox:
    @pytest.mark.parametrize("box", [BOX, (-180, -90, 180, 90), (11.15, 55.6, 11.0, 55.8)])
    def test_matches_the_flows_within(self, region, monkeypatch, box):
        monkeypatch.setattr("matching.services.partitions.FLOWS_ONE_BY_ONE", 3)
        expected = rows()
        inside = ResourceFlow.objects.active().in_bbox(*box)
        gone = Match.objects.filter(Q(output__in=inside) | Q(input__in=inside)).count()
        for number in inside.values_list("number", flat=True):
            changes = Changes()
            changes.forget(number)
            changes.save()
        run = finish(planned(bbox=box))
        assert run.total_count == run.done_count == inside.count()
        assert run.partitions.count() == -(-inside.count() // 3) > 1
        assert (run.found_count, run.match_count) == (gone, gone)
        assert rows() == expected

    def test_leaves_the_others_alone(self, region):
        place = Match.objects.first().output.location
        box = (place.x - 1e-6, place.y - 1e-6, place.x + 1e-6, place.y + 1e-6)
        ids = list(ResourceFlow.objects.active().in_bbox(*box).values_list("pk", flat=True))
        assert ids
        outside = Match.objects.exclude(Q(output__in=ids) | Q(input__in=ids))
        assert outside.exists()
        concerned = Match.objects.filter(Q(output__in=ids) | Q(input__in=ids))
        sides = {key for pair in concerned.values_list("output", "input") for key in pair}
        unconcerned = PartnerList.objects.exclude(pk__in=sides | set(ids))
        assert unconcerned.update(best_co2_avoided_t_per_year=0.123)
        finish(planned(bbox=box))
        kept = unconcerned.values_list("best_co2_avoided_t_per_year", flat=True)
        assert set(kept) == {0.123}

    def test_two_boxes_are_two_runs(self):
        services.request_run(bbox=BOX)
        services.request_run(bbox=(0, 0, 1, 1))
        services.request_run()
        with pytest.raises(services.RunInProgress):
            services.request_run(bbox=BOX)

    @pytest.mark.parametrize(
        "box",
        [
            (0, 2, 1, 1),
            (0, 0, 181, 1),
            (0, -91, 1, 1),
            (float("nan"), 0, 1, 1),
            (0, 0, float("inf"), 1),
        ],
    )
    def test_what_is_no_box_is_refused(self, box):
        with pytest.raises(ValidationError):
            services.request_run(bbox=box)
        with pytest.raises(IntegrityError), transaction.atomic():
            MatchingRun.objects.create(**dict(zip(SIDES, box, strict=True)))


def test_one_scope_at_a_time():
    organization = OrganizationFactory()
    scopes = {"organization": organization, "resource_type": type_of("heat"), "bbox": BOX}
    for left_out in scopes:
        two = {name: scope for name, scope in scopes.items() if name != left_out}
        with pytest.raises(ValidationError, match="Choose an organization, a resource type or"):
            services.request_run(**two)
    with pytest.raises(IntegrityError):
        MatchingRun.objects.create(organization=organization, root_type=type_of("heat"))


@pytest.mark.parametrize("scope", ["resource_type", "bbox"])
def test_facilitators_alone_ask_for_them(scope, alice, facilitator, api_as, client_as):
    wanted = {"resource_type": type_of("heat"), "bbox": BOX}[scope]
    with pytest.raises(PermissionDenied):
        services.request_run(actor=alice, **{scope: wanted})
    run = services.request_run(actor=facilitator, **{scope: wanted})
    url = f"/api/v1/jobs/{run.pk}"
    assert api_as(alice).get(url).status_code == 404
    job = api_as(facilitator).get(url).json()
    assert (job["organization_id"], job["resource_type"], job["bbox"]) == (
        (None, "heat", None) if scope == "resource_type" else (None, None, list(BOX))
    )
    page = reverse("matching:run-detail", args=[run.pk])
    html = client_as(facilitator).get(page).content.decode()
    assert ("Heat" if scope == "resource_type" else "11°, 55.6°, 11.15°, 55.8°") in html


class TestAdmin:
    @pytest.fixture
    def ask(self, client_as, facilitator):
        browser = client_as(facilitator)

        def post(**form):
            box = dict(zip(SIDES, form.pop("bbox", [""] * 4), strict=True))
            form = {"organization": "", "root_type": ""} | box | form
            return browser.post(reverse("admin:matching_matchingrun_add"), form)

        return post

    def test_a_tree(self, ask):
        heat = type_of("heat")
        assert ask(root_type=heat.pk).status_code == 302
        assert MatchingRun.objects.get().root_type == heat
        assert "being recomputed already" in ask(root_type=heat.pk).content.decode()

    def test_a_box(self, ask):
        assert ask(bbox=BOX).status_code == 302
        assert MatchingRun.objects.get().bbox == BOX
        assert "being recomputed already" in ask(bbox=BOX).content.decode()

    @pytest.mark.parametrize("box", [(0, 2, 1, 1), (0, "", 1, 1), ("x", 0, 1, 1), ("nan", 0, 1, 1)])
    def test_no_box(self, ask, box):
        assert ask(bbox=box).status_code == 200
        assert not MatchingRun.objects.exists()

    def test_both(self, ask):
        answer = ask(bbox=BOX, root_type=type_of("heat").pk)
        assert "Choose an organization, a resource type or a box" in answer.content.decode()

    def test_a_branch_is_no_tree(self, ask):
        assert ask(root_type=type_of("heat.steam").pk).status_code == 200
        assert not MatchingRun.objects.exists()
