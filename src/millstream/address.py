"""A server's address: its base URL, and who we are to it."""

from __future__ import annotations

import base64
import getpass
import os
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from millstream import logins
from millstream.errors import InvalidParameter
from millstream.masking import shown
from millstream.settings import Settings


def parse(base_url: str) -> SplitResult:
    """The parts of a base URL; raises `InvalidParameter` if it is none."""
    address = urlsplit(base_url)
    if address.scheme not in ("http", "https") or not address.hostname:
        raise InvalidParameter(
            f"Invalid server address '{shown(base_url)}': it must look like http://host:port."
        )
    return address


def credentials(address: SplitResult, settings: Settings) -> dict[str, str]:
    """The Authorization field for a server.

    It is that of the address's user, else of the settings, else of `millstream login`.
    """
    user, password = settings.tracking_username, settings.tracking_password
    if address.username:
        user, password = unquote(address.username), unquote(address.password or "")
    if user and password is not None:
        secret = base64.b64encode(f"{user}:{password}".encode()).decode()
        return {"Authorization": f"Basic {secret}"}
    token = (settings.tracking_token or "").strip()  # of a file, a line end comes along
    if not (token.isascii() and token.isprintable()):
        raise InvalidParameter(
            "MLFLOW_TRACKING_TOKEN holds a sign that no request can carry: it must be of printable "
            "ASCII signs."
        )
    if not token and (login := logins.find(address, settings)) is not None:
        token = login.token
    return {"Authorization": f"Bearer {token}"} if token else {}


def workspace(settings: Settings) -> dict[str, str]:
    """The field that names the workspace to a server, if the settings name one."""
    name = (settings.workspace or "").strip()
    return {"X-MLFLOW-WORKSPACE": name} if name else {}


def local_user() -> str:
    """The user of this process at this machine."""
    try:
        return getpass.getuser()
    except (ImportError, KeyError, OSError):  # a container may run as a number without a name
        return f"uid-{os.getuid()}" if hasattr(os, "getuid") else "unknown"


def tls(settings: Settings) -> dict[str, Any]:
    """How urllib3 is to check the server's certificate and to show the client's."""
    if settings.tracking_insecure_tls and settings.tracking_server_cert_path:
        raise InvalidParameter(
            "MLFLOW_TRACKING_INSECURE_TLS and MLFLOW_TRACKING_SERVER_CERT_PATH contradict each "
            "other: set the first to check no certificate, or the second to check against a file."
        )
    options: dict[str, Any] = {}
    if settings.tracking_insecure_tls:
        options.update(cert_reqs="CERT_NONE")
    if settings.tracking_server_cert_path:
        trusted = _present("SERVER", settings.tracking_server_cert_path)
        options["ca_cert_dir" if Path(trusted).is_dir() else "ca_certs"] = trusted
    if settings.tracking_client_cert_path:
        options.update(cert_file=_present("CLIENT", settings.tracking_client_cert_path))
    return options


def _present(whose: str, path: str) -> str:
    if not Path(path).exists():
        raise InvalidParameter(
            f"MLFLOW_TRACKING_{whose}_CERT_PATH names '{path}', which does not exist: set it to a "
            "file of certificates in PEM form."
        )
    return path


def without_user(address: SplitResult) -> str:
    """A base URL without the user and password it may carry."""
    host = address.netloc.rpartition("@")[2]
    return f"{address.scheme}://{host}{address.path.rstrip('/')}"
