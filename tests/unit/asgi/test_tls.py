"""Certificate and key become a context, or an error that says which of them is wrong."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
from tests.certificates import Authority, Issued

from millstream.asgi.tls import TlsFiles, context
from millstream.errors import InvalidParameter

PASSWORD = "correct horse"  # noqa: S105 - of a key that lives as long as a test
WRONG = "battery staple"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def issued(authority: Authority) -> Issued:
    return authority.issue()


def refused(**files: str) -> str:
    with pytest.raises(InvalidParameter) as caught:
        context(TlsFiles(**files))
    return caught.value.message


def test_a_certificate_with_its_key(issued: Issued) -> None:
    made = context(TlsFiles(certfile=str(issued.certificate), keyfile=str(issued.key)))
    assert made.minimum_version == ssl.TLSVersion.TLSv1_2
    assert made.verify_mode == ssl.CERT_NONE


def test_both_in_one_file(issued: Issued) -> None:
    context(TlsFiles(certfile=str(issued.both)))


def test_clients_must_show_a_certificate(authority: Authority, issued: Issued) -> None:
    files = TlsFiles(certfile=str(issued.both), ca_certs=str(authority.certificate))
    assert context(files).verify_mode == ssl.CERT_REQUIRED


def test_an_encrypted_key(authority: Authority, tmp_path: Path) -> None:
    issued = authority.issue(password=PASSWORD)
    told = tmp_path / "password"
    told.write_text(PASSWORD + "\n")
    context(TlsFiles(certfile=str(issued.both), password=PASSWORD))
    context(TlsFiles(certfile=str(issued.both), password_file=str(told)))
    message = refused(certfile=str(issued.both))
    assert "is encrypted" in message
    assert "--ssl-keyfile-password-file" in message
    wrong = refused(certfile=str(issued.both), password=WRONG)
    assert "cannot be opened with the password" in wrong
    assert WRONG not in wrong


@pytest.mark.parametrize("field", ["certfile", "keyfile", "password_file", "ca_certs"])
def test_a_file_that_is_missing_is_named(issued: Issued, field: str) -> None:
    files = {"certfile": str(issued.certificate), "keyfile": str(issued.key)}
    message = refused(**{**files, field: "/absent.pem"})
    assert "/absent.pem cannot be read: No such file or directory" in message
    assert field.split("_")[0] in message


def test_a_key_of_another_certificate(authority: Authority, issued: Issued) -> None:
    other = authority.issue("other")
    message = refused(certfile=str(issued.certificate), keyfile=str(other.key))
    assert f"The key in {other.key} does not belong to" in message


def test_files_that_are_something_else(issued: Issued, tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("nothing")
    assert "holds no certificate" in refused(certfile=str(text), keyfile=str(issued.key))
    assert "There is no key" in refused(certfile=str(issued.certificate))
    assert "There is no key" in refused(certfile=str(issued.certificate), keyfile=str(text))
    assert "--ssl-ca-certs" in refused(certfile=str(issued.both), ca_certs=str(text))
