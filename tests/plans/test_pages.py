"""Plans on pages: asked for, watched, read, compared, varied, and proposed; and in the admin."""

import json
import re

import pytest
from django.urls import reverse

from plans import services
from plans.models import Plan
from plans.sankey import sankey_of
from proposals.models import Proposal

pytestmark = pytest.mark.django_db


def text_of(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


@pytest.fixture
def plan(alice, alices_organization, region, run_events) -> Plan:
    plan = services.request_plan(actor=alice, name="Ash", organization=alices_organization)
    run_events()
    plan.refresh_from_db()
    return plan


def detail(plan: Plan) -> str:
    return reverse("plans:plan-detail", args=[plan.pk])


def test_a_member_asks_watches_and_proposes(
    client_as, alice, alices_organization, region, run_events
):
    browser = client_as(alice)
    listed = reverse("plans:plan-list")
    assert "No plans yet." in browser.get(listed).content.decode()
    create = reverse("plans:plan-create")
    body = {
        "name": "Ash", "organization": alices_organization.pk, "cities": "Kalundborg, Slagelse",
        "objective": "value", "co2_price_eur_per_t": 100, "energy_price_pct": 100,
        "min_share_pct": 0, "time_limit_s": 20, "has_fixed_costs": "on", "west": 10,
    }  # fmt: skip
    refused = browser.post(create, body)
    assert refused.status_code == 400
    assert "Give a box as west, south, east, north" in refused.content.decode()
    answer = browser.post(create, body | {"west": ""}, follow=True)
    plan = Plan.objects.get()
    assert answer.redirect_chain == [(detail(plan), 302)]
    assert plan.cities == ["Kalundborg", "Slagelse"]
    html = answer.content.decode()
    assert 'hx-trigger="every 2s"' in html
    assert "0 of 0 exchanges looked at" in html
    fragment = browser.get(detail(plan), headers={"HX-Request": "true"})
    assert "<html" not in fragment.content.decode()
    assert "?whole" not in fragment.content.decode()
    run_events()
    fragment = browser.get(detail(plan), headers={"HX-Request": "true"}).content.decode()
    assert "every 2s" not in fragment
    whole = re.search(r'hx-get="([^"]+)"', fragment)[1]
    assert 'id="main"' in browser.get(whole, headers={"HX-Request": "true"}).content.decode()

    html = browser.get(detail(plan)).content.decode()
    told = text_of(html)
    assert "No plan of these matches is worth more." in told
    assert "Alice Works → Charlie Works" in told
    assert "One more t of “Ash” (Alice Works) is worth up to 27.4 EUR." in told
    # What is left of other people's flows tells what they have under contract.
    assert "still needed" not in told
    features = json.loads(html.split('id="map-features" type="application/json">')[1].split("<")[0])
    kinds = [feature["geometry"]["type"] for feature in features["features"]]
    assert (kinds.count("Point"), kinds.count("LineString")) == (3, 2)
    assert html.count('class="ribbon"') == 2

    propose = reverse("plans:plan-propose", args=[plan.pk])
    assert "Choose exchanges" in browser.post(propose, follow=True).content.decode()
    matches = re.findall(r'name="match_ids" value="([^"]+)"', html)
    assert len(matches) == 2
    body = {"from_organization": alices_organization.pk, "match_ids": matches}
    assert "2 proposals are on their way." in text_of(
        browser.post(propose, body, follow=True).content.decode()
    )
    assert Proposal.objects.count() == 2
    html = browser.get(detail(plan)).content.decode()
    assert html.count(">proposed</a>") == 2
    assert 'name="match_ids"' not in html


def test_outsiders_and_readers(client, client_as, vera, charlie, plan):
    new = reverse("plans:plan-create")
    posts = [reverse(f"plans:plan-{name}", args=[plan.pk]) for name in ("cancel", "vary")]
    reader = client_as(vera)
    html = reader.get(detail(plan)).content.decode()
    assert new not in html
    assert 'name="match_ids"' not in html
    assert new not in reader.get(reverse("plans:plan-list")).content.decode()
    assert reader.get(new).status_code == 403
    assert [reader.post(url).status_code for url in posts] == [403, 403]
    outsider = client_as(charlie)
    assert outsider.get(detail(plan)).status_code == 404
    assert [outsider.post(url).status_code for url in posts] == [404, 404]
    assert "Ash" not in outsider.get(reverse("plans:plan-list")).content.decode()
    shown = outsider.get(f"{reverse('plans:plan-compare')}?plan={plan.pk}").content.decode()
    assert "Choose plans to compare." in shown
    assert client.get(detail(plan)).status_code == 302


def test_scenarios_side_by_side(client_as, alice, plan, run_events):
    browser = client_as(alice)
    form = browser.get(f"{reverse('plans:plan-create')}?scenario_of={plan.pk}")
    assert form.context["form"]["name"].value() == "Ash"
    assert browser.get(f"{reverse('plans:plan-create')}?scenario_of=x").status_code == 200
    answer = browser.post(reverse("plans:plan-vary", args=[plan.pk]), follow=True)
    html = answer.content.decode()
    # Energy and radius, each lower and higher; the price of CO2 does not count here.
    assert html.count('scope="col"') == 5
    assert "every 2s" in html
    run_events()
    html = browser.get(f"{answer.request['PATH_INFO']}?{answer.request['QUERY_STRING']}")
    assert "every 2s" not in html.content.decode()
    near = Plan.objects.get(name__contains="up to 8")
    assert (near.exchange_count, near.scenario_of) == (1, plan)
    wrong = browser.get(f"{reverse('plans:plan-compare')}?plan=x")
    assert "Choose plans to compare." in wrong.content.decode()


@pytest.mark.parametrize("size", [1, 5])
def test_pages_cost_the_same_whatever_the_number(
    client_as, alice, plan, django_assert_max_num_queries, size
):
    for _ in range(size):
        Plan.objects.create(name="x", organization=plan.organization, scenario_of=plan)
    browser = client_as(alice)
    with django_assert_max_num_queries(9):
        browser.get(reverse("plans:plan-list"))
    with django_assert_max_num_queries(24):
        browser.get(detail(plan))


def test_a_facilitator_sees_what_is_left(client_as, facilitator, plan):
    told = text_of(client_as(facilitator).get(detail(plan)).content.decode())
    assert "300 t still needed" in told


def test_the_admin_computes_again_and_cancels(client_as, facilitator, plan):
    browser = client_as(facilitator)
    url = reverse("admin:plans_plan_changelist")

    def act(action: str, *plans: Plan) -> list[str]:
        data = {"action": action, "_selected_action": [str(one.pk) for one in plans]}
        return [str(m) for m in browser.post(url, data, follow=True).context["messages"]]

    assert act("compute_again", plan) == ["1 plan is being computed."]
    again = Plan.objects.get(scenario_of=plan)
    assert (again.status, again.organization) == ("queued", plan.organization)
    assert act("cancel", again) == ["Ash was cancelled."]
    assert act("cancel", again) == ["Ash: The plan is over already."]


def test_ribbons_are_as_wide_as_what_they_stand_for():
    drawn = sankey_of([("A", "X", 30), ("A", "Y", 10), ("B", "X", 20), ("B", "Z", -5)])
    heights = {node.name: node.height for node in drawn.nodes}
    assert set(heights) == {"A", "B", "X", "Y"}
    assert heights["A"] == pytest.approx(2 * heights["B"], abs=0.1)
    assert heights["X"] == pytest.approx(5 * heights["Y"], abs=0.2)
    for node in drawn.nodes:
        assert 0 <= node.y <= node.y + node.height <= drawn.height + 0.2
    assert [ribbon.title for ribbon in drawn.ribbons] == ["A → X", "B → X", "A → Y"]
    assert sankey_of([("A", "X", 0)]) is None
