"""
Where webhooks may lead: what an address may look like, and which machines may be reached.

The name in an address is looked up when something is sent, and the connection goes to the very
machine that was looked at: a name that means another machine a moment later changes nothing.
"""

import re
import socket
from collections.abc import Callable
from functools import cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from django.conf import settings
from django.utils.translation import gettext as _

from turash.errors import InvalidInput

Address = IPv4Address | IPv6Address
# As `socket.getaddrinfo`.
Resolver = Callable[..., list[Any]]

LONGEST_URL = 500
DEFAULT_PORTS = {"https": 443, "http": 80}
# What Python calls global, and nobody's webhook is: multicast, relays of 6to4, Azure's host.
_NOT_PUBLIC_V4 = [ip_network(one) for one in ("224.0.0.0/4", "192.88.99.0/24", "168.63.129.16/32")]
# All that is routed; within it 6to4 and Teredo, which lead to an IPv4 address that they contain.
_PUBLIC_V6 = IPv6Network("2000::/3")
_NOT_PUBLIC_V6 = [IPv6Network("2002::/16"), IPv6Network("2001::/32")]
# What a network without IPv4 makes of IPv4 addresses (RFC 6052).
_NAT64 = IPv6Network("64:ff9b::/96")
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)", re.ASCII)
# A last label that is a number makes an IPv4 address of the whole, in one of its odd forms.
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)


class ForbiddenAddress(OSError):
    """The name leads to a machine that webhooks may not reach."""


def normalized(url: str) -> str:
    """
    Return an address for webhooks in its plain form, a name of any script in ASCII.

    :raises InvalidInput: it is none, or of a kind that may not be reached.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or DEFAULT_PORTS.get(parts.scheme)
        host = (parts.hostname or "").rstrip(".")
        machine = _machine(host)
        if machine is None:
            host = host.encode("idna").decode().lower()
            # Digits and dots of other scripts are plain ones by now.
            machine = _machine(host)
    except ValueError:
        raise _refused(_("Enter a valid URL.")) from None
    is_odd = any(one.isspace() or not one.isprintable() for one in url)
    if is_odd or not host or not (machine or _is_name(host)):
        raise _refused(_("Enter a valid URL."))
    if parts.scheme not in settings.WEBHOOK_SCHEMES:
        raise _refused(_("The address must begin with %s://.") % settings.WEBHOOK_SCHEMES[0])
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise _refused(_("The address must have neither a user nor a fragment (#)."))
    if port not in settings.WEBHOOK_PORTS:
        allowed = ", ".join(map(str, settings.WEBHOOK_PORTS))
        raise _refused(_("The port must be one of: %s.") % allowed)
    if machine is not None and not is_allowed(machine):
        raise _refused(_("The address must be one of the public internet."))
    netloc = f"[{host}]" if ":" in host else host
    if port != DEFAULT_PORTS[parts.scheme]:
        netloc += f":{port}"
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=-._~")
    query = quote(parts.query, safe="/?%:@!$&'()*+,;=-._~")
    plain = urlunsplit((parts.scheme, netloc, path, query, ""))
    if len(plain) > LONGEST_URL:
        raise _refused(_("The address may have at most %d characters.") % LONGEST_URL)
    return plain


def machines_of(host: str, port: int, *, resolve: Resolver = socket.getaddrinfo) -> list[Address]:
    """
    Look a name up, once, and return the machines to connect to.

    :raises ForbiddenAddress: one of them may not be reached; then none is.
    :raises OSError: there is no such name.
    """
    # Of IPv6 a scope may follow; what has one is of this link.
    found = resolve(host, port, type=socket.SOCK_STREAM)
    machines = [ip_address(entry[4][0]) for entry in found]
    if not machines:
        raise OSError(f"{host} has no address.")
    for machine in machines:
        if not is_allowed(machine):
            # Not which one: nobody need learn how machines inside are numbered.
            raise ForbiddenAddress(f"{host} is not of the public internet.")
    return list(dict.fromkeys(machines))


def is_allowed(machine: Address) -> bool:
    """Whether webhooks may reach a machine: it is public, or of WEBHOOK_NETWORKS."""
    if any(machine in network for network in _own_networks(tuple(settings.WEBHOOK_NETWORKS))):
        return True
    if isinstance(machine, IPv4Address):
        return machine.is_global and not any(machine in one for one in _NOT_PUBLIC_V4)
    if machine.ipv4_mapped is not None:
        return is_allowed(machine.ipv4_mapped)
    if machine in _NAT64:
        return is_allowed(IPv4Address(int(machine) & 0xFFFF_FFFF))
    return (
        machine in _PUBLIC_V6
        and machine.is_global
        and machine.scope_id is None
        and not any(machine in one for one in _NOT_PUBLIC_V6)
    )


@cache
def _own_networks(networks: tuple[str, ...]) -> list[Any]:
    return [ip_network(one) for one in networks]


def _machine(host: str) -> Address | None:
    """
    Return the machine that a host names by its number; None: it is a name.

    :raises ValueError: it is a number in another form than the usual one.
    """
    if ":" in host or _NUMBER.fullmatch(host.rpartition(".")[2].lower()):
        return ip_address(host)
    return None


def _is_name(host: str) -> bool:
    return len(host) <= 253 and all(_LABEL.fullmatch(label) for label in host.split("."))


def _refused(reason: str) -> InvalidInput:
    return InvalidInput({"url": [reason]})
