"""Files of rows: taken out, brought in, looked at first; by API, page, admin and command alike."""

import csv
import io
import json
import random
import re
import zipfile
from datetime import date
from decimal import Decimal
from types import SimpleNamespace

import pytest
from asgiref.sync import async_to_sync
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client

from imports.exporting import response_of
from imports.models import Import, ImportKey, ImportRow
from imports.resources import EXPORTED
from organizations.hours import HoursOfWeek
from organizations.models import Membership, Organization, ResourceFlow, Sector, Site, WasteCode
from organizations.models.stage import Stage
from tests.factories import OrganizationFactory, ResourceFlowFactory, SiteFactory, UserFactory
from turash.events.models import DomainEvent
from turash.events.queue import enqueue
from turash.spreadsheets import Sheet, xlsx_file

pytestmark = pytest.mark.django_db

API = "/api/v1"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TYPES = {"csv": "text/csv", "xlsx": XLSX, "geojson": "application/geo+json"}
DANGEROUS = ["=cmd|' /C calc'!A0", "'=1+1", "''+2", "-5", "@SUM(A1)", '\u0430=б; "x"\nzwei, drei']


@pytest.fixture(autouse=True)
def _folder(settings, tmp_path):
    settings.IMPORTS_DIR = tmp_path / "imports"


@pytest.fixture
def world(alices_organization, charlies_organization):
    """Two sites of Alice's with all that a flow can say, and one flow of Charlie's."""
    sites = [
        SiteFactory(organization=alices_organization, name=name, country="DK", postal_code="04400")
        for name in ("Harbour", "-1 Quay")
    ]
    for number, name in enumerate(DANGEROUS):
        ResourceFlowFactory(
            site=sites[number % 2],
            name=name,
            description=name,
            amount=Decimal("1234567.123456"),
            unit="GJ",
            per="month",
            min_amount=Decimal("0.5"),
            temperature_celsius_min=60.1,
            ph_max=7.25,
            contaminants={"cd": 1.5, "pb": 1e-7},
            months=[1, 2, 11],
            hours_of_week=HoursOfWeek.parse("Mon-Fri 06:00-22:00, Sat"),
            valid_from=date(2026, 1, 31),
            price_per_unit=Decimal("-1.25"),
            methods=["pipe", "truck"],
            max_distance_km=0.1,
        )
    ResourceFlowFactory(site=sites[0], type_code="water.wastewater", direction="input")
    charlies_organization.figures_from = Stage.ACCEPTED
    charlies_organization.save()
    return ResourceFlowFactory(
        site=SiteFactory(organization=charlies_organization), amount=1234, name="Secret"
    )


@pytest.fixture
def send(run_events):
    """Send a file as its body, and have the workers do its dry run."""

    def post(client, content, *, kind="csv", **parameters) -> dict:
        query = "&".join(f"{name}={value}" for name, value in parameters.items())
        if isinstance(content, str):
            content = content.encode()
        sent = client.post(f"{API}/imports?{query}", content, content_type=TYPES[kind])
        assert sent.status_code == 202, sent.content
        assert sent.json()["status"] == "reading"
        run_events()
        return client.get(f"{API}/imports/{sent.json()['id']}").json()

    return post


def content_of(response) -> bytes:
    assert response.status_code == 200, response.content
    return b"".join(response.streaming_content)


async def whole(response) -> bytes:
    return b"".join([chunk async for chunk in response.streaming_content])


def rows_of(client, job: dict, **query) -> list[dict]:
    answer = client.get(f"{API}/imports/{job['id']}/rows", query)
    assert answer.status_code == 200
    return answer.json()


def stored() -> list:
    models = (Organization, Site, ResourceFlow, Membership)
    return [list(model.objects.order_by("pk").values()) for model in models]


def flows_csv(*rows: dict) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(dict.fromkeys(name for row in rows for name in row)))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def flow(**values) -> dict:
    return {
        "site": "Harbour", "direction": "output", "resource_type": "heat.hot_water",
        "name": "Cooling water", "amount": "12",
    } | values  # fmt: skip


@pytest.mark.parametrize("kind", ["csv", "xlsx", "geojson"])
def test_what_is_exported_is_unchanged_when_it_is_imported(
    api_as, alice, facilitator, world, send, kind
):
    before = stored()
    exports = [("flows", alice, 7), ("sites", alice, 2)]
    if kind != "geojson":
        exports += [("organizations", facilitator, 2), ("resource-types", facilitator, 115)]
    for resource, user, count in exports:
        client = api_as(user)
        query = {"format": kind}
        if resource in ("flows", "sites"):
            query["organization"] = alice.organizations.get().slug
        content = content_of(client.get(f"{API}/exports/{resource}", query))
        job = send(client, content, kind=kind, resource=resource)
        assert (job["status"], job["error"]) == ("checked", "")
        counts = {"new": 0, "changed": 0, "unchanged": count, "invalid": 0}
        assert job["counts"] == counts, rows_of(client, job, outcome="changed")
        assert job["format"] == kind
    assert stored() == before


def test_formulas_are_texts_and_figures_stay_undisclosed(api_as, alice, world):
    client = api_as(alice)
    text = content_of(client.get(f"{API}/exports/flows?format=csv")).decode("utf-8-sig")
    rows = {row["name"]: row for row in csv.DictReader(io.StringIO(text, newline=""))}

    cells = [cell for row in rows.values() for cell in row.values() if cell]
    assert not [one for one in cells if one[0] in "=+@" or (one[0] == "-" and one != "-1.25")]
    assert "'=cmd|' /C calc'!A0" in rows
    # As the list shows them, and with its filters.
    assert rows["Secret"]["amount"] == "1000"
    assert client.get(f"{API}/exports/flows?format=csv&direction=up").status_code == 400
    inputs = content_of(client.get(f"{API}/exports/flows?direction=input")).decode()
    assert len(inputs.splitlines()) == 2

    # A server of ASGI is told piece by piece, too.
    flows = EXPORTED["flows"]
    request = SimpleNamespace(user=alice, scope={})
    answer = response_of(request, flows, flows.visible(alice), "csv")
    assert answer.is_async
    assert async_to_sync(whole)(answer).decode("utf-8-sig") == text

    book = content_of(client.get(f"{API}/exports/flows?format=xlsx"))
    sheet = zipfile.ZipFile(io.BytesIO(book)).read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert 't="inlineStr"><is><t xml:space="preserve">=cmd|' in sheet


def test_a_dry_run_tells_everything_and_writes_nothing_until_it_is_confirmed_once(
    api_as, alice, alices_organization, charlie, world, send, run_events, settings,
    django_assert_max_num_queries,
):  # fmt: skip
    client = api_as(alice)
    known = ResourceFlow.objects.get(direction="input")
    content = flows_csv(
        flow(external_id="A-1"),
        flow(external_id="A-1", name="Twin"),
        flow(name="Elsewhere", site="Nowhere"),
        flow(name="Words", amount="much", unit="", temperature_celsius_min="warm"),
        flow(name="Range", temperature_celsius_min="80", temperature_celsius_max="20"),
        flow(name="Kind", resource_type="heat.steem", status="activ"),
        flow(name="Less", amount="5", min_amount="6"),
        flow(name="", amount=""),
        {"id": str(known.pk), "amount": "77.5"},
        {"id": str(world.pk), "amount": "1"},
        flow(name="Stranger", organization="charlie-works"),
    )
    # A cell of an update that is empty says so, too: these columns are needed by new rows alone.
    update = flows_csv({"id": str(known.pk), "amount": "77.5"})
    before = stored()
    job = send(client, content, resource="flows", organization_id=alices_organization.pk)

    assert stored() == before
    assert job["counts"] == {"new": 1, "changed": 0, "unchanged": 0, "invalid": 10}
    errors = {
        row["row"]: [(one["field"], one["message"]) for one in row["errors"]]
        for row in rows_of(client, job, outcome="invalid")
    }
    assert errors[3] == [("", "Row 2 is about the same; remove one of them or tell them apart.")]
    assert errors[4] == [("site", "The organization has no site “Nowhere”; import sites first.")]
    assert [field for field, _ in errors[5]] == ["amount", "temperature_celsius_min"]
    assert "write it like 1234.5" in errors[5][0][1]
    assert errors[6] == [
        ("temperature_celsius_max", "The highest value must not be below the lowest.")
    ]
    assert [field for field, _ in errors[7]] == ["status", "resource_type"]
    assert errors[8] == [("min_amount", "The smallest amount must lie between 0 and the amount.")]
    assert errors[9] == [("amount", "This is needed for a new row.")]
    assert errors[11][0][0] == "id"
    assert errors[12][0][0] == "organization"
    assert client.get(f"{API}/imports/{job['id']}/rows?outcome=odd").status_code == 400

    # What others do is none of theirs to see, confirm or cancel.
    stranger = api_as(charlie)
    assert stranger.get(f"{API}/imports/{job['id']}").status_code == 404
    assert stranger.post(f"{API}/imports/{job['id']}/confirm").status_code == 404
    assert stranger.get(f"{API}/imports").json() == []

    events = DomainEvent.objects.count()
    assert client.post(f"{API}/imports/{job['id']}/confirm").status_code == 202
    again = client.post(f"{API}/imports/{job['id']}/confirm")
    assert (again.status_code, again.json()["type"]) == (409, "urn:turash:problem:import_not_ready")
    # A task that is delivered again does nothing again.
    for _again in range(2):
        enqueue("imports.tasks.work", import_id=job["id"])
    run_events()

    done = client.get(f"{API}/imports/{job['id']}").json()
    assert (done["status"], done["counts"]) == ("finished", job["counts"])
    assert done["dry_run_counts"] == job["counts"]
    new = ResourceFlow.objects.get(name="Cooling water")
    assert (new.source, new.organization) == ("import", alices_organization)
    assert DomainEvent.objects.filter(type="resource_flow_created").count() == 9
    assert DomainEvent.objects.count() > events
    assert not ImportKey.objects.exists()
    assert not list(settings.IMPORTS_DIR.glob("*"))

    changed = send(client, update, resource="flows")
    assert changed["counts"] == {"new": 0, "changed": 1, "unchanged": 0, "invalid": 0}
    (row,) = rows_of(client, changed)
    assert row["changes"] == {"amount": ["1000", "77.5"]}
    assert client.post(f"{API}/imports/{changed['id']}/confirm").status_code == 202
    run_events()
    known.refresh_from_db()
    assert (known.amount, known.quantity_per_year) == (77.5, 77.5)
    # The same file once more changes nothing, as does one by one's own id.
    assert send(client, update, resource="flows")["counts"]["unchanged"] == 1
    with django_assert_max_num_queries(90):
        job = send(
            client,
            flows_csv(*(flow(external_id=f"A-{one}", name=f"N{one}") for one in range(1, 400))),
            resource="flows",
            organization_id=alices_organization.pk,
        )
    assert job["counts"] == {"new": 398, "changed": 1, "unchanged": 0, "invalid": 0}


def test_api_page_admin_and_command_tell_the_same(
    api_as, client_as, alice, alices_organization, facilitator, world, send, run_events, capsys,
    tmp_path,
):  # fmt: skip
    content = flows_csv(
        flow(organization="alice-works", temperature_celsius_min="60,5"),
        flow(organization="alice-works", name="Bad", direction="sideways"),
        flow(organization="charlie-works"),
    ).replace(",", ";", 0)
    job = send(api_as(alice), content, resource="flows")
    told = [
        {key: row[key] for key in ("row", "outcome", "name", "changes", "errors")}
        for row in rows_of(api_as(alice), job)
    ]
    assert [row["outcome"] for row in told] == ["invalid", "invalid", "invalid"]

    # The command.
    path = tmp_path / "flows.csv"
    path.write_text(content)
    call_command("import_data", path, resource="flows", user=alice.email, dry_run=True, json=True)
    by_command = json.loads(capsys.readouterr().out)
    assert (by_command["counts"], by_command["rows"]) == (job["counts"], told)

    # The page.
    browser = client_as(alice)
    listing = browser.get("/imports")
    assert listing.status_code == 200
    upload = SimpleUploadedFile("flows.csv", content.encode())
    sent = browser.post("/imports/new", {"resource": "flows", "file": upload})
    assert sent.status_code == 302
    run_events()
    page = browser.get(sent.url).content.decode()
    for row in told:
        for error in row["errors"]:
            assert error["message"].split("“")[0] in page
    assert "hotmaps" not in listing.content.decode()

    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice)
    form = {"resource": "flows", "file": SimpleUploadedFile("flows.csv", content.encode())}
    assert strict.post("/imports/new", form).status_code == 403
    assert strict.post(f"{API}/imports", form).status_code == 403
    form["file"].seek(0)
    by_form = api_as(alice).post(f"{API}/imports", form, format="multipart")
    assert (by_form.status_code, by_form.json()["file_name"]) == (202, "flows.csv")
    run_events()

    # The admin leads to the same page, and shows the same job.
    office = client_as(facilitator)
    changelist = office.get("/admin/organizations/resourceflow/").content.decode()
    assert "/imports?resource=flows" in changelist
    assert "/admin/organizations/resourceflow/export.csv" in changelist
    exported = content_of(office.get("/admin/organizations/resourceflow/export.csv?q=Secret"))
    (row,) = csv.DictReader(io.StringIO(exported.decode("utf-8-sig")))
    assert (row["name"], row["amount"]) == ("Secret", "1234")
    of_runs = content_of(office.get("/admin/matching/matchingrun/export.xlsx"))
    assert of_runs.startswith(b"PK")
    for one in Import.objects.exclude(status="cancelled"):
        assert [row.errors for row in one.rows.all()] == [row["errors"] for row in told]
    assert office.get("/admin/imports/import/").status_code == 200

    # What the template says can be imported as it stands, once its site is there.
    SiteFactory(organization=OrganizationFactory(name="Kalundborg Works"), name="Harbour plant")
    for kind in ("csv", "xlsx", "geojson"):
        template = browser.get(f"/imports/templates/flows.{kind}").content
        job = send(api_as(facilitator), template, kind=kind, resource="flows")
        assert job["counts"]["new"] == 1, rows_of(api_as(facilitator), job)


OPEN = b'{"type": "FeatureCollection", "features": [{"properties": {"name": '


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "The file is empty."),
        ("name;amount\nKöln;1\n".encode("utf-16"), "save it as “CSV UTF-8”"),
        (b"site,name,amount\nHarbour,K\xf6ln,1\n", "Row 2 is not UTF-8 text"),
        (b"site,name,amount\n\"Harbour,x,1\n", "Row 2 cannot be read"),
        (b"name*amount\nx*1\n", "separated by commas, semicolons or tabs"),
        (b"name,ammount\nx,1\n", "Unknown columns: ammount. Known are: id, external_id"),
        (b"name,amount,name\nx,1,y\n", "“name” is there twice"),
        (b"name,amount\n" + b"x" * 300_000 + b",1\n", "more than 262144 bytes in a line"),
        (b"name,amount\n\"" + b"x\",\"\n" * 60_000 + b"\"\n", "more than 262144 bytes in a line"),
        (b"name,amount\n", "no rows below its header"),
        (b"PK\x03\x04nonsense", "no XLSX workbook, or damaged"),
        (b'{"type": "Feature"}', "no FeatureCollection"),
        (b'{"type": "FeatureCollection", "features": [{"properties": {"name": ', "no GeoJSON"),
        (
            b'{"type": "FeatureCollection", "features": [{"properties": {"name": '
            + b"[" * 50 + b"]" * 50 + b"}}]}",
            "too large or too deep",
        ),
        # Of each no more than a part is held.
        (OPEN + b'"' + b'\\"' * 700_000 + b'"}}]}', "holds more than is taken"),
        (OPEN + b"1" * 1_500_000 + b"}}]}", "holds more than is taken"),
        (OPEN + b'["' + b'","'.join([b"x" * 100_000] * 12) + b'"]}}]}', "too large or too deep"),
        (b'{"type": "FeatureCollection", "a": ' + b'{"a":' * 600, "too large or too deep"),
    ],
)  # fmt: skip
def test_files_that_cannot_be_read_say_why(
    api_as, alice, alices_organization, send, content, reason
):
    job = send(api_as(alice), content, resource="flows")

    assert job["status"] == "failed"
    assert reason in job["error"]


def with_sheet(
    book: bytes, content: bytes, *, compression=zipfile.ZIP_DEFLATED, **others: bytes
) -> bytes:
    """Return a workbook with another first sheet, and with other parts."""
    target = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(book)) as old,
        zipfile.ZipFile(target, "w", compression) as new,
    ):
        parts = {item.filename: old.read(item) for item in old.infolist()}
        for name, part in (parts | {"xl/worksheets/sheet1.xml": content} | others).items():
            new.writestr(name, part)
    return target.getvalue()


def test_bombs_are_not_unpacked(
    api_as, alice, alices_organization, send, settings, monkeypatch, django_assert_max_num_queries
):
    client = api_as(alice)
    book = xlsx_file([Sheet("flows", [["name", "amount"], ["x", 1]])])
    begin = (
        "<worksheet xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'><sheetData>"
    )
    bomb = with_sheet(book, begin.encode() + b"<row/>" * 4_000_000 + b"</sheetData></worksheet>")
    assert len(bomb) < 200_000
    # It lies about its size: what it says is the most that is read.
    entry = bomb.rindex(b"xl/worksheets/sheet1.xml") - 46
    liar = bomb[: entry + 24] + (1000).to_bytes(4, "little") + bomb[entry + 28 :]
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 20 if n else "ha"}">' for n in range(12))
    row = "<row><c t='inlineStr'><is><t>&l11;</t></is></c></row></sheetData></worksheet>"
    billion = with_sheet(book, f"<!DOCTYPE x [{laughs}]>{begin}{row}".encode())

    cell = "<c t='inlineStr'><is><t>{}</t></is></c>".format
    ends = "</row></sheetData></worksheet>"
    header = begin + "<row>" + cell("site") + cell("name") + "</row>"
    gap = with_sheet(book, f"{header}<row r='1048577'>{cell('x')}{ends}".encode())
    # What no workbook is compressed by may be damaged in ways of its own.
    other = with_sheet(book, header.encode(), compression=zipfile.ZIP_LZMA)
    unknown = bytearray(gap)
    for mark, place in ((b"PK\x01\x02", 10), (b"PK\x03\x04", 8)):
        for found in re.finditer(re.escape(mark), gap):
            unknown[found.start() + place] = 97
    # Texts that all cells share have to be held, whatever their part is called.
    with zipfile.ZipFile(io.BytesIO(book)) as old:
        types = old.read("[Content_Types].xml").decode()
    shared = types.replace(
        "</Types>",
        '<Override PartName="/xl/media/a.png" ContentType="application/vnd.openxmlformats-'
        'officedocument.spreadsheetml.sharedStrings+xml"/></Types>',
    )
    texts = b"<sst xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'/>"
    held = with_sheet(
        book, header.encode(),
        **{
            "[Content_Types].xml": shared.encode(),
            "xl/media/a.png": texts + b" " * (64 * 1024**2),
            "pad": random.Random(0).randbytes(400_000),
        },
    )  # fmt: skip

    for content, reason in (
        (bomb, "unpacks to more"), (liar, "damaged"), (billion, "damaged"),
        (gap, "rows beyond 1048576"), (other, "damaged"), (bytes(unknown), "damaged"),
        (held, "unpacks to more"),
    ):  # fmt: skip
        job = send(client, content, kind="xlsx", resource="flows")
        assert job["status"] == "failed"
        assert reason in job["error"]

    settings.IMPORT_LARGEST_BYTES = 1000
    sent = client.post(f"{API}/imports?resource=flows", b"x" * 2000, content_type="text/csv")
    assert sent.status_code == 413
    assert not list(settings.IMPORTS_DIR.glob("*"))
    monkeypatch.setattr("imports.exporting.MOST_XLSX_ROWS", 0)
    SiteFactory()
    refused = client.get(f"{API}/exports/sites?format=xlsx")
    assert refused.status_code == 400
    assert "at most 0 rows" in refused.json()["detail"]

    # Rows that are left out keep the numbers of the others, and cost next to nothing.
    late = f"{header}<row r='60000'>{cell('Nowhere')}{cell('x')}</row><row r='1048576'/>"
    late = with_sheet(book, f"{late}</sheetData></worksheet>".encode())
    settings.IMPORT_LARGEST_BYTES = 10_000
    with django_assert_max_num_queries(100):
        job = send(client, late, kind="xlsx", resource="flows")
    assert [row["row"] for row in rows_of(client, job)] == [60000]


def test_who_may_import_what(api, api_as, alice, alices_organization, vera, charlies_organization):
    content, body = b"name\nx\n", {"content_type": "text/csv"}

    def status(client, query):
        return client.post(f"{API}/imports?{query}", content, **body).status_code

    assert status(api, "resource=flows") == 401
    assert status(api_as(vera), "resource=flows") == 403
    assert (
        status(api_as(alice), f"resource=sites&organization_id={charlies_organization.pk}") == 403
    )
    assert status(api_as(alice), "resource=waste-codes") == 403
    assert status(api_as(alice), "resource=hotmaps") == 403
    assert status(api_as(alice), "resource=users") == 400
    assert api.get(f"{API}/exports/flows").status_code == 401
    assert not Import.objects.exists()


def test_places_owners_and_tables_of_codes(
    api_as, alice, facilitator, send, run_events, edition, monkeypatch
):
    def bring(user, content, resource) -> dict:
        client = api_as(user)
        job = send(client, content, resource=resource)
        assert client.post(f"{API}/imports/{job['id']}/confirm").status_code == 202
        run_events()
        return client.get(f"{API}/imports/{job['id']}").json()

    dora = UserFactory()
    founded = "external_id,name,sector\n1,Dora & Co,35.11\n2,Bad,99.999\n"
    done = bring(dora, founded, "organizations")
    assert done["counts"] == {"new": 1, "changed": 0, "unchanged": 0, "invalid": 1}
    assert dora.memberships.get().role == "owner"
    place = "organization;name;longitude;latitude;country\ndora-co;Mill;12,5;55.1;dk\n"
    # Beyond some rows one event tells of all.
    monkeypatch.setattr("imports.services.requesting.ANNOUNCED", 0)
    assert bring(dora, place, "sites")["counts"]["new"] == 1
    site = Site.objects.get(name="Mill")
    assert (site.location.coords, site.country) == ((12.5, 55.1), "DK")
    assert not DomainEvent.objects.filter(type="site_created", payload__site_id=str(site.pk))
    assert DomainEvent.objects.filter(type="import_finished").count() == 1
    assert send(api_as(dora), place.replace("55.1", "95"), resource="sites")["counts"]["invalid"]

    waste = (
        "code,hazardous,entry_type,chapter,sub_chapter,description\n"
        '"010304","true","Absolute hazardous","Mining","Metals","Tailings"\n"1","x","","","",""\n'
    )
    assert bring(facilitator, waste, "waste-codes")["counts"]["new"] == 1
    assert WasteCode.objects.get().hazardous
    nace = "rownames,Order,Level,Code,Parent,Description\n1,3,1,A,,AGRICULTURE\n2,4,2,01,A,Crops\n"
    assert bring(facilitator, nace, "sectors")["counts"]["new"] == 2
    assert Sector.objects.get(code="01").parent_code == "A"
    types = (
        "code,family,is_group,name,max_distance_km,unit\nx,energy,true,X,5,\nx.y,energy,,Y,5,MWh\n"
        "z.y,energy,,Z,5,MWh\n"
    )
    assert bring(facilitator, types, "resource-types")["counts"]["new"] == 2

    from tests.imports.conftest import line_of

    hotmaps = edition(line_of(SiteID="1"), line_of(SiteID="2", Fuel_Demand="?")).read_bytes()
    job = send(api_as(facilitator), hotmaps, resource="hotmaps")
    assert job["counts"] == {"new": 4, "changed": 0, "unchanged": 0, "invalid": 1}
    assert rows_of(api_as(facilitator), job) == [
        {"row": 3, "outcome": "invalid", "name": "", "changes": {},
         "errors": [{"field": "Fuel_Demand", "message": "'?' is not a number such as 12.5."}]}
    ]  # fmt: skip
    assert not Site.objects.filter(source="hotmaps").exists()
    assert bring(facilitator, hotmaps, "hotmaps")["counts"]["new"] == 4
    assert Site.objects.filter(source="hotmaps").count() == 1
    assert ImportRow.objects.count() > 5
