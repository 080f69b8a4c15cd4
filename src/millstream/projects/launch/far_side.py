"""What a run needs on another machine: the store's address from there, and who we are to it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec

from millstream import address, connect, logins, settings
from millstream.asgi.guard import is_loopback
from millstream.client.session import SESSION
from millstream.environments.specification import EnvManager
from millstream.errors import InvalidParameter
from millstream.masking import shown
from millstream.projects import environment, shipment
from millstream.projects.launch.backend import Launch
from millstream.projects.shipment import ShippedJob

PREFIXES = ("MLFLOW", "MILLSTREAM")
ARRIVAL = "millstream.projects.arrival"
"""The module that carries a shipment out."""

_CARRIED = ("tracking_username", "tracking_password", "tracking_token", "workspace")


class FarSide(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"
):
    """What every backend on other machines is told in its configuration.

    `python` is the interpreter there that has this package. `tracking_uri` is the address of the
    store from there, if it is another than here, and `shared_store` says that a store which looks
    like one of this machine is found there under the same address. `variables` are names of
    variables of this process that the code needs as well.
    """

    python: str = "python3"
    tracking_uri: str | None = None
    shared_store: bool = False
    variables: tuple[str, ...] = ()

    def arrival(self, place: str) -> str:
        """The command for a POSIX shell that carries out what has come to a place."""
        return shlex.join([self.python, "-m", ARRIVAL, place])


Options = TypeVar("Options", bound=FarSide)


def options(backend: str, config: Mapping[str, Any], kind: type[Options]) -> Options:
    """The configuration of a backend; one that cannot be meant raises `InvalidParameter`."""
    try:
        found = msgspec.convert(dict(config), kind)
    except msgspec.ValidationError as error:
        known = ", ".join(kind.__struct_encode_fields__)
        raise InvalidParameter(
            f"The configuration of the backend {backend} cannot be understood: {error}. It may "
            f"hold {known}."
        ) from error
    check_word(found.python, "python")
    return found


def check_word(text: str, name: str) -> str:
    """The same text if it is one printable word that is no option; raises `InvalidParameter`."""
    if not text.isprintable() or not text or text.startswith("-") or text.split() != [text]:
        raise InvalidParameter(
            f"{name} is {text!r}; it has to be one word, without blanks, that is no option."
        )
    return text


def check_environment(job: Launch) -> None:
    """Raise now what would be wrong with the project's environment over there."""
    if job.env_manager is not EnvManager.LOCAL:
        environment.specification(job.project)


def pack(job: Launch, folder: Path, *, temporary: bool) -> None:
    """Copy all that travels of a run into an empty folder, one to be removed if `temporary`.

    Raises `InvalidParameter` for what cannot travel.
    """
    values = job.command.variables
    shipped = ShippedJob(job.run_id, job.command.text, values, job.env_manager, temporary)
    shipment.pack(shipped, Path(job.project.folder), job.paths, folder)


def variables(job: Launch, far: FarSide) -> dict[str, str]:
    """The variables of a run on another machine, secrets included.

    Raises `InvalidParameter` where the store is one of this machine only.
    """
    place = far.tracking_uri or SESSION.place
    registry = None if far.tracking_uri else SESSION.own_registry_uri
    found = _settings({"tracking_uri": place, "registry_uri": registry, **_ourselves(place)})
    if far.tracking_uri is None and not far.shared_store:
        _check_is_reached(place)
        if registry is not None:
            _check_is_reached(registry)
    return {**job.variables, **found, **_asked_for(far.variables)}


def _asked_for(names: tuple[str, ...]) -> dict[str, str]:
    here = settings.process_variables()
    missing = [name for name in names if name not in here]
    if missing:
        raise InvalidParameter(
            f"variables names {missing[0]!r}, which is not set here: set it, or name it no more."
        )
    return {name: here[name] for name in names}


def _ourselves(place: str) -> dict[str, str | None]:
    """The settings by which a server knows who asks; a kept login is among them as its token."""
    known = SESSION.settings()
    found: dict[str, str | None] = {name: getattr(known, name) for name in _CARRIED}
    if connect.is_remote(place) and not any(found[name] for name in _CARRIED[:3]):
        login = logins.find(address.parse(place), known)
        found["tracking_token"] = None if login is None else login.token
    return found


def _settings(values: Mapping[str, str | None]) -> dict[str, str]:
    return {
        f"{prefix}_{name.upper()}": value
        for name, value in values.items()
        for prefix in PREFIXES
        if value
    }


def _check_is_reached(place: str) -> None:
    parts = urlsplit(place)
    in_a_file = connect.local_folder(place) is not None or parts.scheme.startswith("sqlite")
    if in_a_file or not parts.hostname or is_loopback(parts.hostname):
        raise InvalidParameter(
            f"The run would log to '{shown(place)}', which is of this machine alone, and is "
            "carried out on another. Log to a server or a database on the network, give its "
            "address from there as tracking-uri in the backend's configuration, or say "
            "shared-store: true if the same address is the same store there."
        )
