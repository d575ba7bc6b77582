"""Where webhooks lead: to the public internet, and to the very machine that was looked at."""

import socket
import ssl
import threading
import time
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import example, given
from hypothesis import strategies as st

from tests.webhooks.receiver import receiver
from turash.errors import InvalidInput
from webhooks import posting
from webhooks.addresses import ForbiddenAddress, is_allowed, machines_of, normalized
from webhooks.posting import EXCERPT_BYTES, post

# As IANA registers them, and whatever else is no place for a webhook.
FORBIDDEN_V4 = [
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
    "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24",
    "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32",
]  # fmt: skip
FORBIDDEN_V6 = [
    "::/96", "100::/64", "2001::/32", "2001:db8::/32", "2002::/16", "64:ff9b:1::/48", "fc00::/7",
    "fe80::/10", "fec0::/10", "ff00::/8", "5f00::/16",
]  # fmt: skip
PUBLIC = ["1.1.1.1", "93.184.215.14", "2606:4700:4700::1111", "2a00:1450:4001:80e::200e"]


def within(networks: list[str]) -> st.SearchStrategy:
    parsed = [ip_network(one) for one in networks]
    return st.one_of([st.ip_addresses(network=one) for one in parsed])


@given(within(FORBIDDEN_V4))
@example(ip_address("169.254.169.254"))
def test_no_form_of_a_private_address_is_reached(machine):
    number = int(machine)
    for form in (
        machine,
        ip_address(f"::ffff:{machine}"),
        ip_address((0x64FF9B << 96) | number),
        ip_address((0x2002 << 112) | (number << 80)),
        ip_address((0x20010000 << 96) | (number ^ 0xFFFFFFFF)),
    ):
        assert not is_allowed(form), form
    # However it is written, the system's resolver makes an address of it, and that is looked at.
    octal = ".".join(f"0{int(part):o}" for part in str(machine).split("."))
    for text in (str(number), hex(number), octal, str(machine)):
        with pytest.raises(ForbiddenAddress):
            machines_of(text, 443)
        with pytest.raises(InvalidInput):
            normalized(f"https://{text}/")


@given(within(FORBIDDEN_V6))
@example(ip_address("fd00:ec2::254"))
@example(ip_address("fe80::1%lo"))
def test_nor_one_of_ipv6(machine):
    assert not is_allowed(machine)
    with pytest.raises(ForbiddenAddress):
        machines_of(str(machine), 443)


def test_public_ones_are():
    for text in PUBLIC:
        assert is_allowed(ip_address(text)), text
    assert is_allowed(ip_address("64:ff9b::1.1.1.1")), "a network without IPv4 reaches it so"
    assert is_allowed(ip_address("::ffff:1.1.1.1"))


@pytest.mark.parametrize(
    "url",
    [
        "", "https://", "http://example.org/", "ftp://example.org/", "file:///etc/passwd",
        "https://example.org:22/", "https://example.org:99999/", "https://user@example.org/",
        "https://:secret@example.org/", "https://example.org/#part", "https://exa mple.org/",
        "https://example.org/a\nb", "https://[::1]/", "https://[fe80::1%25lo]/", "https://[::1",
        "https://127.0.0.１/", "https://127。0。0。1/", "https://127.0.0.1。/", "https://１０.1/",
        "https://②130706433/", "https://10.1/", "https://0x7f.1/", "https://127.1/", "https://2130706433/",
        "https://-a.example.org/", "https://a..example.org/", "https://" + "a" * 64 + ".org/",
        "https://example.org/" + "a" * 500,
        "https://example.org/" + "ж" * 100, "https://exa\u200bmple.org/", "//example.org/", "\0",
    ],
)  # fmt: skip
def test_an_address_that_makes_no_sense_is_refused(url):
    with pytest.raises(InvalidInput):
        normalized(url)


def test_an_address_has_one_plain_form():
    assert normalized("https://EXAMPLE.org.") == "https://example.org/"
    assert normalized("https://example.org:443/a b?q=ü".replace(" ", "%20")) == (
        "https://example.org/a%20b?q=%C3%BC"
    )
    assert normalized("https://пример.рф:8443/x") == "https://xn--e1afmkfd.xn--p1ai:8443/x"
    assert normalized("https://1。1.1.１/") == "https://1.1.1.1/"
    assert normalized("https://[2606:4700:4700::1111]/") == "https://[2606:4700:4700::1111]/"


class Rebinding:
    """A name server that says one machine when it is asked first, and another from then on."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def __call__(self, host: str, port: int, **_: object) -> list:
        self.asked.append(host)
        machines = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        family = {4: socket.AF_INET, 6: socket.AF_INET6}
        return [
            (family[ip_address(one).version], socket.SOCK_STREAM, 6, "", (one, port))
            for one in machines
        ]


def test_a_name_that_changes_its_mind_changes_nothing(settings, monkeypatch):
    settings.WEBHOOK_NETWORKS = ["127.0.0.5/32"]
    with receiver("127.0.0.5") as public, receiver("127.0.0.1", public.port) as victim:
        url = f"http://rebind.example:{public.port}/hook"
        looked_up = []
        resolve = socket.getaddrinfo
        monkeypatch.setattr(
            socket,
            "getaddrinfo",
            lambda host, *args, **kwargs: looked_up.append(host) or resolve(host, *args, **kwargs),
        )
        names = Rebinding(["127.0.0.5"], ["127.0.0.1"])
        assert post(url, {}, "{}", resolve=names).status_code == 204
        [arrived] = public.arrived
        assert arrived.headers["host"] == f"rebind.example:{public.port}"
        assert names.asked == ["rebind.example"]
        assert looked_up == ["127.0.0.5"], "a name is looked up by nobody else"
        # The same name a moment later; and one of which a part is public.
        for answers in (["127.0.0.1"], ["127.0.0.5", "127.0.0.1"], ["127.0.0.5", "::1"]):
            refused = post(url, {}, "{}", resolve=Rebinding(answers))
            assert refused.status_code is None
            assert "ForbiddenAddress" in refused.error
        # What a name server says as a number in an odd form is looked at as a number.
        assert "ForbiddenAddress" in post(f"http://2130706433:{public.port}/", {}, "").error
        assert (len(public.arrived), victim.arrived) == (1, [])


def test_no_redirect_no_proxy_and_no_more_than_an_excerpt(loopback, monkeypatch):
    with receiver() as here, receiver() as elsewhere:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{elsewhere.port}")
        here.answers(307, b"", Location=elsewhere.url)
        assert post(here.url, {}, "{}").status_code == 307
        here.answers(500, b"\0\xff" + "ü".encode() * 5_000_000)
        answer = post(here.url, {}, "{}")
        assert answer.status_code == 500
        assert len(answer.excerpt) <= EXCERPT_BYTES
        assert "\0" not in answer.excerpt
        assert elsewhere.arrived == []


def certificate_for(name: str, folder: Path) -> Path:
    """Return a file with a key and a certificate that the key has signed itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(tz=UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    kind = serialization.PrivateFormat.PKCS8
    path = folder / name
    path.write_bytes(
        key.private_bytes(pem, kind, serialization.NoEncryption()) + certificate.public_bytes(pem)
    )
    return path


def test_the_certificate_is_that_of_the_name(loopback, tmp_path, monkeypatch):
    trusted = certificate_for("erp.example", tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    posting._tls.cache_clear()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(trusted)
    asked_for = []
    context.sni_callback = lambda _socket, name, _context: asked_for.append(name)
    with receiver(tls=context) as one:
        here = Rebinding(["127.0.0.1"])
        assert post(f"https://erp.example:{one.port}/x", {}, "{}", resolve=here).status_code == 204
        other = post(f"https://other.example:{one.port}/x", {}, "{}", resolve=here)
        posting._tls.cache_clear()
    assert asked_for == ["erp.example", "other.example"]
    assert "CERTIFICATE_VERIFY_FAILED" in other.error
    assert len(one.arrived) == 1


@pytest.mark.parametrize("sent", [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"])
def test_who_speaks_slowly_is_not_waited_for(loopback, sent):
    """A byte now and then, or a part of an answer again and again, would take for ever."""
    stopped = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            connection, _ = server.accept()
            with connection:
                connection.sendall(sent or b"H")
                while not stopped.wait(0.02):
                    try:
                        connection.sendall(sent if b"100" in sent else b"x")
                    except OSError:
                        return

        thread = threading.Thread(target=drip)
        thread.start()
        began = time.monotonic()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        answer = post(url, {}, "{}", total_s=0.15)
        stopped.set()
        thread.join()
    assert answer.status_code is None
    assert answer.error
    assert time.monotonic() - began < 2


def test_a_name_that_is_none_and_a_port_that_is_closed_are_told(loopback):
    def nothing(*_: object, **__: object) -> list:
        raise socket.gaierror(-2, "Name or service not known")

    assert "Name or service" in post("http://nowhere.example/", {}, "", resolve=nothing).error
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert "refused" in post(f"http://127.0.0.1:{port}/", {}, "").error
