"""TLS on the socket: certificate and key become a context, or an error that says which is wrong."""

from __future__ import annotations

import ssl
from pathlib import Path

import msgspec

from millstream.errors import InvalidParameter


class TlsFiles(msgspec.Struct, frozen=True, kw_only=True):
    """The files of a service that speaks TLS, all of them PEM.

    `certfile` may hold intermediate certificates after its own, and the key if there is no
    `keyfile`. `password_file` holds the key's password, which `password` gives otherwise. With
    `ca_certs`, only clients with a certificate of one of these authorities are answered.
    """

    certfile: str
    keyfile: str | None = None
    password_file: str | None = None
    password: str | None = None
    ca_certs: str | None = None

    def __repr__(self) -> str:
        """The names of the files, without the password."""
        return f"TlsFiles({self.certfile!r}, {self.keyfile!r})"


def context(files: TlsFiles) -> ssl.SSLContext:
    """A context for servers, of TLS 1.2 and later.

    Raises `InvalidParameter` for a file that is missing, is not what it should be, or does not
    belong to the other.
    """
    key = files.keyfile or files.certfile
    for option, name in (
        ("certfile", files.certfile),
        ("keyfile", key),
        ("keyfile-password-file", files.password_file),
        ("ca-certs", files.ca_certs),
    ):
        if name is not None:
            _check_readable(option, name)
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    try:
        made.load_cert_chain(files.certfile, key, _Password(files, key))
    except ssl.SSLError as error:
        raise InvalidParameter(_reason(error, files, key)) from error
    if files.ca_certs is not None:
        _ask_for_certificates(made, files.ca_certs)
    return made


class _Password:
    """Asked only for a key that is encrypted; without this, OpenSSL would ask at the terminal."""

    def __init__(self, files: TlsFiles, key: str) -> None:
        self._files = files
        self._key = key

    def __call__(self) -> str:
        if self._files.password_file is not None:
            return Path(self._files.password_file).read_text("utf-8").rstrip("\r\n")
        if self._files.password is None:
            raise InvalidParameter(
                f"The key in {self._key} is encrypted. Give its password in a file with "
                "--ssl-keyfile-password-file, or in MILLSTREAM_SSL_KEYFILE_PASSWORD."
            )
        return self._files.password


def _check_readable(option: str, name: str) -> None:
    try:
        with Path(name).open("rb"):
            pass
    except OSError as error:
        raise InvalidParameter(
            f"--ssl-{option} {name} cannot be read: {error.strerror}. It must name a file that "
            "this server may read."
        ) from error


def _ask_for_certificates(made: ssl.SSLContext, ca_certs: str) -> None:
    try:
        made.load_verify_locations(ca_certs)
    except ssl.SSLError as error:
        raise InvalidParameter(
            f"--ssl-ca-certs {ca_certs} holds no certificate in PEM form (one begins with "
            "-----BEGIN CERTIFICATE-----)."
        ) from error
    made.verify_mode = ssl.CERT_REQUIRED


def _reason(error: ssl.SSLError, files: TlsFiles, key: str) -> str:
    if error.reason == "KEY_VALUES_MISMATCH":
        return (
            f"The key in {key} does not belong to the first certificate in {files.certfile}. Give "
            "the key that the certificate was made for, and its own certificate before those of "
            "authorities."
        )
    if b"-----BEGIN CERTIFICATE" not in Path(files.certfile).read_bytes():
        return (
            f"--ssl-certfile {files.certfile} holds no certificate in PEM form (one begins with "
            "-----BEGIN CERTIFICATE-----)."
        )
    if b"PRIVATE KEY-----" not in Path(key).read_bytes():
        return (
            f"There is no key in PEM form in {key} (one begins with -----BEGIN PRIVATE KEY-----). "
            "Name its file with --ssl-keyfile."
        )
    if files.password_file is not None or files.password is not None:
        return f"The key in {key} cannot be opened with the password that was given."
    return f"The certificate in {files.certfile} or the key in {key} is damaged: {error.reason}."
