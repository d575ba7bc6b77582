"""Files of a conversation: known by their content, handed to the two sides alone, on record."""

import io
import stat
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from proposals import services
from proposals.models import Attachment, AttachmentDownload, ProposalMessage
from tests.factories import MembershipFactory, ResourceFlowFactory, SiteFactory
from turash import uploads
from turash.spreadsheets import Sheet, xlsx_file

pytestmark = pytest.mark.django_db

PDF = b"%PDF-1.7\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)


@pytest.fixture(autouse=True)
def folder(settings, tmp_path) -> Path:
    settings.ATTACHMENTS_DIR = tmp_path / "attachments"
    return settings.ATTACHMENTS_DIR


@pytest.fixture
def proposal(alice, alices_organization, charlies_organization):
    resource = ResourceFlowFactory(site=SiteFactory(organization=charlies_organization))
    return services.create_proposal(
        actor=alice,
        from_organization=alices_organization,
        to_organization=charlies_organization,
        resource=resource,
        direction="output",
        message="Shall we?",
    )


@pytest.fixture
def url(proposal) -> str:
    return f"/api/v1/proposals/{proposal.pk}/attachments"


def send(client, url, content=PDF, name="plan.pdf", **fields):
    upload = SimpleUploadedFile(name, content, content_type="text/html")
    return client.post(url, {"file": upload, **fields}, format="multipart")


def archive(**entries: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in entries.items():
            made.writestr(name, content)
    return target.getvalue()


XLSX = xlsx_file([Sheet("A", [["x", 1]])])
ODS = archive(
    mimetype=b"application/vnd.oasis.opendocument.spreadsheet", **{"content.xml": b"<x/>"}
)


def test_the_other_side_downloads_what_was_sent(api_as, alice, charlie, url):
    sent = send(api_as(alice), url, text="The plan")
    assert sent.status_code == 201, sent.content
    row = sent.json()
    assert (row["name"], row["content_type"], row["size"]) == (
        "plan.pdf",
        "application/pdf",
        len(PDF),
    )
    assert ProposalMessage.objects.get().text == "The plan"
    assert api_as(charlie).get(url).json() == [row]
    got = api_as(charlie).get(row["url"])
    assert got.content == PDF
    assert got["Content-Type"] == "application/pdf"
    assert got["Content-Disposition"] == 'attachment; filename="plan.pdf"'
    assert got["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in got["Content-Security-Policy"]
    assert "no-store" in got["Cache-Control"]
    assert AttachmentDownload.objects.get().user == charlie


def test_nobody_else_does(api, api_as, alice, bob, vera, charlie, facilitator, url):
    content = send(api_as(alice), url).json()["url"]
    outsider = MembershipFactory().user
    assert api.get(content).status_code == 401
    assert api_as(outsider).get(content).status_code == 404
    assert api_as(outsider).get(url).status_code == 404
    assert send(api_as(outsider), url).status_code == 404
    for user in (bob, vera, facilitator):
        assert send(api_as(user), url).status_code == 403
        assert api_as(user).get(content).status_code == 200
    seen = AttachmentDownload.objects.order_by("pk").values_list("user__email", "as_facilitator")
    assert list(seen) == [(bob.email, False), (vera.email, False), (facilitator.email, True)]


def test_a_file_is_not_found_under_another_proposal(
    api_as, alice, charlie, alices_organization, charlies_organization, url
):
    key = send(api_as(alice), url).json()["id"]
    resource = ResourceFlowFactory(site=SiteFactory(organization=alices_organization))
    other = services.create_proposal(
        actor=charlie,
        from_organization=charlies_organization,
        to_organization=alices_organization,
        resource=resource,
        direction="output",
        message="And?",
    )
    answer = api_as(alice).get(f"/api/v1/proposals/{other.pk}/attachments/{key}/content")
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("content", "name", "content_type", "kept"),
    [
        (PDF, "plan", "application/pdf", "plan.pdf"),
        (PNG, "evil.html", "image/png", "evil.html.png"),
        (b"\xff\xd8\xff\xe0" + bytes(20), "Foto.JPEG", "image/jpeg", "Foto.jpeg"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "a.webp", "image/webp", "a.webp"),
        (XLSX, "Цены.xlsx", uploads.XLSX.content_type, "Цены.xlsx"),
        (ODS, "a.ods", uploads.ODS.content_type, "a.ods"),
        (b"Menge;Preis\n1;2", "a.csv", "text/csv", "a.csv"),
        (PDF, "../../etc/passwd", "application/pdf", "passwd.pdf"),
        (PDF, "C:\\temp\\plan.pdf", "application/pdf", "plan.pdf"),
        (PDF, "invoice\u202efdp.exe", "application/pdf", "invoicefdp.exe.pdf"),
        (PDF, "a" * 400 + ".pdf", "application/pdf", "a" * 150 + ".pdf"),
        (PDF, '"; filename="x.exe', "application/pdf", "_; filename=_x.exe.pdf"),
    ],
)
def test_the_content_decides(proposal, alice, content, name, content_type, kept):
    upload = SimpleUploadedFile("x", content, content_type="application/pdf")
    # Browsers' names are cleaned by Django, too; here as they would arrive without.
    upload._name = name
    attachment = services.post_attachment(proposal=proposal, actor=alice, upload=upload)
    assert (attachment.content_type, attachment.name) == (content_type, kept)


BOMB = archive(
    mimetype=b"application/vnd.oasis.opendocument.spreadsheet", **{"content.xml": bytes(30_000_000)}
)
MACROS = archive(
    **{
        "[Content_Types].xml": b"<Types/>",
        "xl/workbook.xml": b"<workbook/>",
        "xl/vbaProject.bin": b"Sub AutoOpen()",
    }
)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"", "a.pdf"),
        (b"<html><script>alert(1)</script>", "a.pdf"),
        (b"<html><script>alert(1)</script>", "a.csv"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "a.svg"),
        (b"MZ\x90\x00", "a.pdf"),
        (b"a,b\0", "a.csv"),
        (b"a,b\xff", "a.csv"),
        (b"text", "a.txt"),
        (b" %PDF-1.7", "a.pdf"),
        (b"PK\x03\x04 broken", "a.xlsx"),
        (archive(**{"a.txt": b"x"}), "a.xlsx"),
        (archive(**{"../xl/workbook.xml": b"x", "[Content_Types].xml": b""}), "a.xlsx"),
        (MACROS, "a.xlsx"),
        (BOMB, "a.ods"),
        (b"MZ" + XLSX, "a.xlsx"),
        (PDF + bytes(uploads.LARGEST_FILE), "a.pdf"),
    ],
    ids=range(16),
)
def test_what_is_dangerous_or_unknown_is_refused(api_as, alice, url, folder, content, name):
    answer = send(api_as(alice), url, content, name)
    assert answer.status_code == 400, answer.content
    assert list(answer.json()["errors"]) == ["file"]
    assert not Attachment.objects.exists()
    assert not ProposalMessage.objects.exists()
    assert not list(folder.glob("**/*"))


def test_a_request_beyond_measure_is_not_even_read(api_as, client_as, alice, url, proposal):
    huge = bytes(uploads.LARGEST_REQUEST + 1)
    assert send(api_as(alice), url, huge).status_code == 413
    page = reverse("proposals:attachment-post", args=[proposal.pk])
    assert send_page(client_as(alice), page, huge).status_code == 413


def send_page(browser, page, content=PDF, name="plan.pdf"):
    return browser.post(page, {"file": SimpleUploadedFile(name, content)}, follow=True)


def test_other_bodies_are_refused(api_as, alice, url):
    assert api_as(alice).post(url, {"file": "text"}, format="json").status_code == 415
    assert api_as(alice).post(url, {}, format="multipart").status_code == 400
    wrong = api_as(alice).post(url, "x", content_type="multipart/form-data; boundary=b")
    assert wrong.status_code == 400


def test_files_lie_outside_under_random_names_for_turash_alone(api_as, alice, url, folder):
    send(api_as(alice), url)
    [stored] = [path for path in folder.glob("**/*") if path.is_file()]
    assert "plan" not in str(stored.relative_to(folder))
    assert stored.suffix == ""
    assert len(stored.name) + len(stored.parent.name) == 32
    assert stat.S_IMODE(stored.stat().st_mode) == 0o600
    assert stat.S_IMODE(stored.parent.stat().st_mode) == 0o700


def test_a_conversation_holds_only_so_much(api_as, alice, url, monkeypatch):
    monkeypatch.setattr("proposals.services.attachments.MOST_OF_PROPOSAL", 1)
    assert send(api_as(alice), url).status_code == 201
    full = send(api_as(alice), url)
    assert (full.status_code, full.json()["type"]) == (
        409,
        "urn:turash:problem:too_many_attachments",
    )
    assert ProposalMessage.objects.count() == 1


def test_the_page_sends_and_downloads(client_as, alice, charlie, proposal):
    page = reverse("proposals:attachment-post", args=[proposal.pk])
    html = send_page(client_as(alice), page).content.decode()
    attachment = Attachment.objects.get()
    link = reverse("proposals:attachment", args=[proposal.pk, attachment.pk])
    assert link in html
    got = client_as(charlie).get(link)
    assert got.content == PDF
    assert got["Content-Disposition"].startswith("attachment")
    outsider = MembershipFactory().user
    assert client_as(outsider).get(link).status_code == 404
    assert client_as(outsider).post(page).status_code == 404
    refused = send_page(client_as(alice), page, b"MZ", "a.exe").content.decode()
    assert "none of them" in refused
    assert "Choose a file" in client_as(alice).post(page, follow=True).content.decode()


def test_what_is_gone_from_the_disk_is_404(api_as, alice, url, folder):
    content = send(api_as(alice), url).json()["url"]
    [stored] = [path for path in folder.glob("**/*") if path.is_file()]
    stored.unlink()
    assert api_as(alice).get(content).status_code == 404
    assert not AttachmentDownload.objects.exists()


def test_files_without_a_row_are_removed_after_a_day(api_as, alice, url, folder):
    send(api_as(alice), url)
    orphan = folder / "ab" / "cdef"
    orphan.parent.mkdir(parents=True, exist_ok=True)
    orphan.write_bytes(b"x")
    now = timezone.now()
    assert services.remove_orphans(now) == 0
    assert services.remove_orphans(now + timedelta(days=2)) == 1
    assert len([path for path in folder.glob("**/*") if path.is_file()]) == 1


@pytest.mark.parametrize("size", [1, 8])
def test_a_conversation_with_files_costs_the_same_whatever_its_length(
    client_as, api_as, alice, proposal, url, size, django_assert_num_queries
):
    for _ in range(size):
        send(api_as(alice), url)
    browser = client_as(alice)
    page = reverse("proposals:message-list", args=[proposal.pk])
    browser.get(page)
    # Session, user, role as facilitator or organizations, proposal, messages, files.
    with django_assert_num_queries(5):
        assert browser.get(page).content.decode().count("plan.pdf</a>") == size
