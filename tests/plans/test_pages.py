"""Plans on pages: asked for, watched, read, compared, varied, and proposed; and in the admin."""

import json
import re

import pytest
from django.urls import reverse

from plans import services
from plans.models import Plan
from proposals.models import Proposal
from turash.charts.sankey import sankey_of

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
        "min_share_pct": 0, "sample_count": 0, "time_limit_s": 20, "has_fixed_costs": "on",
        "west": 10,
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
    # What is proposed can still be excluded from another scenario.
    assert len(re.findall(r'name="match_ids"', html)) == 2
    assert "are on their way" not in html


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
    # Energy and radius, lower and higher; the price of CO2 does not count here.
    assert html.count('scope="col"') == 1 + 4 + 3
    assert "every 2s" in html
    run_events()
    html = browser.get(f"{answer.request['PATH_INFO']}?{answer.request['QUERY_STRING']}")
    assert "every 2s" not in html.content.decode()
    # Of energy and of the radius; a mark for each plan, and of energy for the origin, too.
    assert html.content.decode().count('class="chart curve"') == 2
    assert html.content.decode().count("<circle") == 5 + 3
    near = Plan.objects.get(name__contains="up to 8")
    assert (near.exchange_count, near.scenario_of) == (1, plan)
    wrong = browser.get(f"{reverse('plans:plan-compare')}?plan=x")
    assert "Choose plans to compare." in wrong.content.decode()


def test_exchanges_are_excluded_and_plants_come_and_go_on_pages(
    client_as, alice, charlies_organization, plan, region, run_events
):
    browser = client_as(alice)
    html = browser.get(detail(plan)).content.decode()
    assert "Solve again without what is ticked" in html
    change = reverse("plans:plan-change", args=[plan.pk])
    assert "Tick exchanges first." in browser.post(change, follow=True).content.decode()
    dear = str(region.match(region.dear).pk)

    def scenario(**body) -> Plan:
        answer = browser.post(change, body)
        run_events()
        made = Plan.objects.order_by("created_at").last()
        assert answer["Location"] == detail(made)
        assert (made.scenario_of, made.status) == (plan, "finished")
        return made

    without = scenario(match_ids=[dear], rule="never")
    assert [row.input_id for row in without.exchanges.chosen()] == [region.cheap.pk]
    assert "Never: Ash → Ash for Charlie Works" in browser.get(detail(without)).content.decode()
    closed = scenario(closed=[str(charlies_organization.pk)])
    assert [row.input_id for row in closed.exchanges.chosen()] == [region.cheap.pk]
    told = text_of(browser.get(detail(closed)).content.decode())
    assert "Charlie Works closes" in told

    # The form of a scenario begins with what its origin has, and adds a plant and an area to it.
    url = f"{reverse('plans:plan-create')}?scenario_of={closed.pk}"
    form = browser.get(url).context["form"]
    assert form["closed"].value() == str(charlies_organization.pk)
    address = f"https://turash.example/matches/{region.match(region.cheap).pk}"
    ring = [[11, 55.6], [11.5, 55.6], [11.5, 55.8], [11, 55.8], [11, 55.6]]
    body = {
        "name": "Kiln", "organization": plan.organization_id, "objective": "value",
        "co2_price_eur_per_t": 100, "energy_price_pct": 100, "min_share_pct": 0,
        "sample_count": 0, "time_limit_s": 20, "must": address,
        "closed": str(charlies_organization.pk),
        "area": json.dumps({"type": "Polygon", "coordinates": [ring]}),
        "plant_name": "Kiln", "plant_longitude": 11.2, "plant_latitude": 55.66,
        "form-TOTAL_FORMS": 1, "form-INITIAL_FORMS": 0, "form-0-direction": "input",
        "form-0-resource_type": region.output.resource_type_id, "form-0-quantity_per_year": 250,
        "form-0-cost_eur_per_unit": 60,
    }  # fmt: skip
    for name, wrong, message in (
        ("must", "hello", "holds no id"),
        ("area", "[]", "GeoJSON Polygon or MultiPolygon"),
        ("plant_latitude", "", "Give the name and the place of the plant."),
        ("form-0-quantity_per_year", "", "Give the resource and the quantity."),
        ("closed", str(plan.pk), "There is no organization, site or flow"),
    ):
        refused = browser.post(url, body | {name: wrong})
        assert refused.status_code == 400
        assert message in refused.content.decode(), name
    made = browser.post(url, body)
    run_events()
    kiln = Plan.objects.get(name="Kiln")
    assert made["Location"] == detail(kiln)
    told = text_of(browser.get(detail(kiln)).content.decode())
    assert "Kiln comes: Input Coal fly ash, 250 t" in told
    assert "an area of 697 km²" in told
    assert "Alice Works → Kiln" in told
    assert "must be" in told
    side_by_side = f"{reverse('plans:plan-compare')}?plan={closed.pk}&plan={kiln.pk}"
    assert "Kiln" in text_of(browser.get(side_by_side).content.decode())


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
