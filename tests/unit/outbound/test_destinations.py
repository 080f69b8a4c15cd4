"""Which addresses may be called: a table of hosts that try."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream.errors import InvalidParameter
from millstream.outbound.destinations import Destinations, Resolve, is_public
from millstream.settings import Settings

DEFAULT = Destinations(Settings())
NOT_PUBLIC = [
    *("0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.127.255.255"),  # noqa: S104  # refused
    "127.0.0.1",
    *("127.255.0.1", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8"),
    *("192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.19.255.255"),
    *("198.51.100.1", "203.0.113.1", "224.0.0.1", "224.0.1.1", "239.1.1.1", "240.0.0.1"),
    *("255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:a9fe:a9fe"),
    *("::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1"),
    *("2002:7f00:1::", "3fff::1", "fc00::1", "fd12:3456::1", "fe80::1", "fec0::1", "ff02::1"),
    *("2001:10::1", "2001:20::1", "5f00::1"),
]
PUBLIC = ["1.1.1.1", "8.8.8.8", "93.184.216.34", "172.32.0.1", "100.128.0.1", "2606:4700::1111"]
MALFORMED = [
    "https://127.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0177.0.0.1/",
    "https://0x7f.1/",
    "https://127.0.0.1./",
    "https://\uff11\uff12\uff17.\uff10.\uff10.\uff11/",
    "https://%31%32%37.0.0.1/",
    "https://bücher.example/",
    "https:///nowhere",
    "https://",
    "https://-a.example/",
    "https://a..example/",
    "https://a b.example/",
    "https://a.example\\@127.0.0.1/",
    "https://a.example/\r\nHost: evil",
    "https://a.example:99999/",
    "https://a.example:x/",
    "https://a.example:0x1bb/",
    "https://[::1",
    "https://[fe80::1%25eth0]/",
    "https://user@a.example/",
    "https://:@a.example/",
    "https://a.example@127.0.0.1/",
    "https://a.example:25/",
    "https://a.example:22/",
    "https://" + "a" * 300 + ".example/",
    "https://a.example/" + "x" * 2_048,
    "ftp://a.example/",
    "file:///etc/passwd",
    "gopher://a.example/",
    "javascript:alert(1)",
    "//a.example/",
    "a.example/hook",
    "",
]
HERE = [
    *(
        "localhost",
        "LOCALHOST",
        "localhost.",
        "a.localhost",
        "printer.local",
        "localhost.localdomain",
    ),
    "metadata.google.internal",
]


def finds(*addresses: str) -> Resolve:
    """A resolver that knows one answer."""
    return lambda *_: list(addresses)


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_what_is_not_public_is_refused_as_written_and_as_found(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))
    shown = f"[{address}]" if ":" in address else address
    with pytest.raises(InvalidParameter, match="must not resolve to a non-public IP address"):
        DEFAULT.parse(f"https://{shown}/")
    named = DEFAULT.parse("https://receiver.example/")
    with pytest.raises(InvalidParameter, match="must not resolve to a non-public IP address"):
        DEFAULT.addresses(named, finds("93.184.216.34", address))


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_public_is_called(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))
    named = DEFAULT.parse("https://receiver.example/")
    assert DEFAULT.addresses(named, finds(address, address)) == [address]


@pytest.mark.parametrize("url", MALFORMED)
def test_what_is_no_plain_url_is_refused(url: str) -> None:
    with pytest.raises(InvalidParameter):
        DEFAULT.parse(url)


@pytest.mark.parametrize("host", HERE)
def test_names_of_this_machine_and_its_neighbours_are_refused(host: str) -> None:
    with pytest.raises(InvalidParameter, match="non-public"):
        DEFAULT.parse(f"https://{host}/")


def test_no_scheme_but_those_that_are_allowed() -> None:
    with pytest.raises(InvalidParameter, match=r"scheme: 'http'\. Allowed schemes are: https\."):
        DEFAULT.parse("http://receiver.example/")
    both = Destinations(Settings(webhook_allowed_schemes="https, HTTP"))
    assert both.parse("http://receiver.example/").port == 80
    with pytest.raises(InvalidParameter, match="Allowed schemes are: https, http"):
        both.parse("ftp://receiver.example/")


def test_the_parts_of_a_url() -> None:
    found = DEFAULT.parse("https://Receiver.Example:8443/a/b?c=d#e")
    assert found == ("https", "receiver.example", 8443, "/a/b?c=d")
    assert found.authority == "receiver.example:8443"
    assert DEFAULT.parse("https://receiver.example").target == "/"
    assert DEFAULT.parse("https://[2606:4700::1111]:8443").authority == "[2606:4700::1111]:8443"


def test_networks_that_are_allowed() -> None:
    allowed = Destinations(Settings(webhook_allowed_networks="10.1.0.0/16, fd00::/8"))
    assert allowed.parse("https://10.1.2.3/").host == "10.1.2.3"
    assert allowed.parse("https://[::ffff:10.1.2.3]/").port == 443
    named = allowed.parse("https://inside.internal/")
    assert allowed.addresses(named, finds("10.1.2.3", "fd00::1"))
    for address in ("10.2.0.1", "127.0.0.1", "169.254.169.254"):
        with pytest.raises(InvalidParameter):
            allowed.addresses(named, finds("10.1.2.3", address))
    with pytest.raises(InvalidParameter, match="holds 'x', which is no network"):
        Destinations(Settings(webhook_allowed_networks="x"))


def test_a_host_without_addresses() -> None:
    named = DEFAULT.parse("https://receiver.example/")
    with pytest.raises(InvalidParameter, match=r"'receiver\.example' has no address"):
        DEFAULT.addresses(named, finds())


@given(st.ip_addresses(v=4))
def test_an_address_in_the_clothes_of_the_other_family_is_judged_alike(
    address: ipaddress.IPv4Address,
) -> None:
    assert is_public(ipaddress.IPv6Address(f"::ffff:{address}")) == is_public(address)


@given(st.text(max_size=80))
def test_whatever_is_given_is_refused_or_understood(text: str) -> None:
    for url in (text, f"https://{text}", f"https://receiver.example{text}"):
        try:
            found = DEFAULT.parse(url)
        except InvalidParameter:
            continue
        assert found.scheme == "https"
        assert found.target.isascii()
        assert not set(found.target + found.host) & set("\r\n \\")
