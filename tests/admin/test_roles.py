"""Every page and action of the admin, as every role: what docs/roles.md says, and nothing else."""

from collections import defaultdict
from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.test import Client
from django.urls import URLPattern, reverse
from django.utils import timezone

from organizations.models import (
    Conversion,
    CurrencyRate,
    Organization,
    ResourceFlow,
    ResourceType,
    Site,
    User,
)
from organizations.models.user import StaffRole
from proposals.models import Proposal
from tests.admin.conftest import populate_everything
from tests.factories import UserFactory
from turash.history.models import Change

ROLES = ["facilitator", "region admin", "analyst", "support"]
FORMER = {
    Organization: "name", Site: "name", ResourceFlow: "name", Conversion: "name",
    ResourceType: "description", CurrencyRate: "source",
}  # fmt: skip
# What opens for a row.
OF_ROW = {"change", "delete", "history", "password_change", "restore"}
Matrix = dict[str, dict[str, set[str]]]


@pytest.fixture(scope="module")
def populated(kept_rows):
    populate_everything()
    for role in StaffRole:
        name = role.name.lower().replace("_", " ")
        user = UserFactory(email=f"{role.name.lower()}@example.org", full_name=name, is_staff=True)
        user.groups.add(Group.objects.get(name=role.value))
    # So that there is a former state of each.
    for model, column in FORMER.items():
        key = model._default_manager.values_list("pk", flat=True).first()
        model._default_manager.filter(pk=key).update(**{column: "A former state"})


class Walker(Client):
    """Django's test client without its copies of every template's context: half the time."""

    def request(self, **request):
        return self.handler(self._base_environ(**request))


@pytest.fixture
def browsers(populated) -> dict[str, Client]:
    return sign_in(Client)


@pytest.fixture
def walkers(populated) -> dict[str, Client]:
    return sign_in(Walker)


def sign_in(kind: type[Client]) -> dict[str, Client]:
    signed_in = {}
    for role in ROLES:
        signed_in[role] = kind()
        signed_in[role].force_login(User.objects.get(full_name=role))
    return signed_in


def documented() -> Matrix:
    """The table of docs/roles.md: page → role → what the role may."""
    text = (settings.BASE_DIR / "docs/roles.md").read_text()
    matrix: Matrix = {}
    for line in text.splitlines():
        if not line.startswith("| `"):
            continue
        page, *cells = [cell.strip() for cell in line.strip("|").split("|")]
        matrix[page.strip("`")] = {
            role: set(cell.replace(",", " ").split()) - {"-"}
            for role, cell in zip(ROLES, cells, strict=True)
        }
    return matrix


def names_of_pages() -> dict[str, list[str]]:
    """Every named address of the admin: label of the model or "site" → names of its pages."""
    labels = {
        f"{model._meta.app_label}_{model._meta.model_name}_": model._meta.label_lower
        for model in admin.site._registry
    }
    pages: dict[str, list[str]] = defaultdict(list)

    def walk(patterns) -> None:
        for pattern in patterns:
            if not isinstance(pattern, URLPattern):
                walk(pattern.url_patterns)
            # A list goes out as a file for whoever sees it.
            elif pattern.name and not pattern.name.endswith("_export"):
                prefix = max((p for p in labels if pattern.name.startswith(p)), key=len, default="")
                pages[labels.get(prefix, "site")].append(pattern.name.removeprefix(prefix))

    walk(admin.site.urls[0])
    return pages


def address(model, page: str, row) -> str:
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}"
    key = row.pk if row is not None else 0
    if page == "restore":
        change = Change.objects.of(model, [key]).exclude(operation="I").first()
        return reverse(name, args=[key, change.pk if change else 0])
    takes_row = page in OF_ROW or page in {
        one.name for one in getattr(admin.site.get_model_admin(model), "object_pages", ())
    }
    return reverse(name, args=[key] if takes_row else [])


def rights(browser: Client, model, row, pages: list[str]) -> set[str]:
    """What a signed-in browser may do with a model and a row of it, by asking for every page."""
    found = set()
    for page in pages:
        # Lists without rows, the others as popups without the navigation: others look at these.
        query = "?q=zzzzzz" if page == "changelist" else "?_popup=1"
        response = browser.get(address(model, page, row) + query)
        assert response.status_code in (200, 302, 403, 404), (model, page)
        if response.status_code != 200:
            continue
        if page == "changelist":
            form = response.context_data["action_form"]
            found |= (
                {"view"} | {name for name, _label in form.fields["action"].choices if name}
                if (form)
                else {"view"}
            )
        elif page == "change":
            found |= {"change"} if response.context_data["has_change_permission"] else set()
        else:
            found.add(page)
    return found


@pytest.mark.django_db
def test_every_page_opens_for_whom_the_table_says(walkers):
    pages = names_of_pages()
    site = pages.pop("site")
    walked: Matrix = defaultdict(lambda: {role: set() for role in ROLES})
    for model in admin.site._registry:
        label = model._meta.label_lower
        row = model._default_manager.first()
        # Of a person who is no staff there is most to decide.
        if model is User:
            row = User.objects.get(email="owner1@example.org")
        names = [name for name in pages[label] if name != "restore" or _has_past(model, row)]
        for role, browser in walkers.items():
            walked[label][role] = rights(browser, model, row, names)
    for name in sorted(site, key=lambda name: name == "logout"):
        for role, browser in walkers.items():
            if browser.get(_site_address(name)).status_code in (200, 302):
                walked[f"site.{name}"][role].add("view")

    told = documented()
    assert {page: cells for page, cells in walked.items() if any(cells.values())} == told, (
        "\n" + as_table(walked)
    )


def _has_past(model, row) -> bool:
    return row is not None and Change.objects.of(model, [row.pk]).exclude(operation="I").exists()


def _site_address(name: str) -> str:
    match name:
        case "app_list":
            return reverse("admin:app_list", args=["organizations"])
        case "auth_user_password_change":
            person = User.objects.get(email="owner1@example.org")
            return reverse("admin:auth_user_password_change", args=[person.pk])
        case "view_on_site":
            return reverse("admin:view_on_site", args=[0, 0])
        case "autocomplete":
            query = "app_label=organizations&model_name=membership&field_name=organization"
            return f"{reverse('admin:autocomplete')}?{query}"
    return reverse(f"admin:{name}")


def as_table(matrix: Matrix) -> str:
    lines = [f"| page | {' | '.join(ROLES)} |", "|---|---|---|---|---|"]
    for page in sorted(matrix):
        cells = [", ".join(sorted(matrix[page][role])) or "-" for role in ROLES]
        if set(cells) != {"-"}:
            lines.append(f"| `{page}` | {' | '.join(cells)} |")
    return "\n".join(lines)


@pytest.mark.django_db
def test_what_the_table_does_not_say_is_refused_when_it_is_sent(browsers):
    """Whoever leaves the buttons aside and posts gets no further."""
    told = documented()
    pages = names_of_pages()
    before = Change.objects.count()
    refused = 0
    for model in admin.site._registry:
        label = model._meta.label_lower
        row = model._default_manager.last()
        if model is User:
            row = User.objects.get(email="owner1@example.org")
        actions = admin.site.get_model_admin(model).actions or ()
        names = [name if isinstance(name, str) else name.__name__ for name in actions]
        for role, browser in browsers.items():
            may = told.get(label, {}).get(role, set())
            for page in pages[label]:
                if page in may or page in ("changelist", "history", "restore"):
                    continue
                response = browser.post(address(model, page, row), {"post": "yes"})
                # Without the right to see a row, Django says that there is none.
                hidden = response.status_code == 302 and "view" not in may
                assert response.status_code in (403, 404, 405) or hidden, (role, label, page)
                refused += 1
            if role != "support":
                continue
            for name in {*names, "delete_selected"} - may if "view" in may else ():
                data = {"action": name, "_selected_action": [str(row.pk)], "post": "yes"}
                response = browser.post(address(model, "changelist", row), data, follow=True)
                told_then = [str(one) for one in response.context["messages"]]
                # A list without any action does not even look.
                assert told_then in ([], ["No action selected."]), (label, name)
                refused += 1
    assert refused > 200
    assert Change.objects.count() == before


@pytest.mark.django_db
def test_roles_are_given_by_region_admins_alone(browsers):
    person = User.objects.get(email="owner1@example.org")
    page = reverse("admin:organizations_user_roles", args=[person.pk])

    assert browsers["facilitator"].post(page, {"roles": ["Support"]}).status_code == 403
    # Region admins do not make others like themselves, nor do they decide about themselves.
    boss = browsers["region admin"]
    assert boss.post(page, {"roles": ["Region admins"]}).status_code == 400
    own = reverse(
        "admin:organizations_user_roles", args=[User.objects.get(full_name="region admin").pk]
    )
    assert boss.post(own, {"roles": []}).status_code == 403

    assert boss.post(page, {"roles": ["Support", "Analysts"]}).status_code == 302
    person = User.objects.get(pk=person.pk)
    assert person.is_staff
    assert person.roles == {StaffRole.SUPPORT, StaffRole.ANALYST}
    assert not person.is_facilitator
    assert boss.post(page, {"roles": []}).status_code == 302
    assert not User.objects.get(pk=person.pk).is_staff


@pytest.mark.django_db
def test_the_database_refuses_what_an_analyst_would_write(browsers, monkeypatch):
    """Even where the admin itself would write while it shows a page."""
    organization = Organization.objects.first()
    model_admin = admin.site.get_model_admin(Organization)
    monkeypatch.setattr(
        model_admin, "changelist_view", lambda *_args, **_kwargs: organization.save()
    )
    url = [p for p in model_admin.get_urls() if p.name == "organizations_organization_changelist"]
    request = Client().request().wsgi_request
    request.user = User.objects.get(full_name="analyst")
    request.resolver_match = None

    with pytest.raises(Exception, match="read-only transaction"):
        url[0].callback(request)


@pytest.mark.django_db
def test_the_overview_shows_each_role_its_own(browsers, django_assert_max_num_queries):
    cache.delete("region-figures")
    Organization.objects.update(verified_at=None)
    Proposal.objects.update(status="accepted", updated_at=timezone.now() - timedelta(days=15))
    pages = {role: browsers[role].get("/admin/") for role in ROLES}

    shown = {
        role: [name for name in ("figures", "queues") if name in page.context]
        for role, page in pages.items()
    }
    assert shown == {
        "facilitator": ["figures", "queues"], "region admin": ["figures", "queues"],
        "analyst": ["figures"], "support": [],
    }  # fmt: skip
    figures = pages["facilitator"].context["figures"]
    assert (figures["matches"], figures["proposals"]) == (1, {"accepted": 1})
    assert figures["worth"]["found"]["savings"] > 0
    assert figures["worth"]["agreed"] == {"savings": 0, "co2": 0}
    assert figures["months"][-1]["flows"] == ResourceFlow.objects.count()
    assert figures["months"][-1]["live"] == 1
    titles = [title for title, _chart in pages["analyst"].context["trends"]]
    assert titles == [
        "New organizations", "New flows", "New proposals", "Exchanges that went live",
    ]  # fmt: skip
    assert pages["analyst"].content.decode().count('<svg class="chart"') == 4
    # What a queue counts is what its list shows, and each row that it names opens.
    for queue in pages["facilitator"].context["queues"]:
        changelist = browsers["facilitator"].get(queue.list_url).context["cl"]
        assert changelist.result_count == queue.count, queue.title
        assert all(browsers["facilitator"].get(url).status_code == 200 for url, _ in queue.rows)
    counts = [queue.count for queue in pages["facilitator"].context["queues"]]
    assert counts == [Organization.objects.count(), 1, 0, 0, 1]
    # Figures are read once a minute, whoever looks.
    with django_assert_max_num_queries(14):
        browsers["analyst"].get("/admin/")

    # By task, and only what the role sees.
    tasks = {task["name"] for task in pages["support"].context["app_list"]}
    assert "Told and sent" in tasks
    assert "Negotiations" not in tasks


@pytest.mark.django_db
def test_everything_is_searched_that_the_role_sees(browsers):
    ResourceFlow.objects.filter(direction="output").update(
        name="Steam of the boiler", external_id="x-7"
    )

    def found(role: str, words: str) -> list[str]:
        page = browsers[role].get("/admin/search/", {"q": words})
        assert page.status_code == 200
        return [str(row) for kind in page.context["found"] for _url, row in kind["rows"]]

    owner = User.objects.get(email="owner1@example.org")
    assert found("facilitator", "owner1@") == [str(owner)]
    assert found("analyst", "owner1@") == []
    for words in ("boiler", "BOILER steam", "x-7", "seller boiler"):
        assert "Steam of the boiler" in found("analyst", words), words
    assert found("analyst", "boiler glass") == []
    for words in ("", "%", "\0\0", "x" * 5000):
        assert found("support", words) == []
