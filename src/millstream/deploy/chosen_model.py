"""The model that is deployed: one version for good, and its files on this machine."""

from __future__ import annotations

from pathlib import Path

import msgspec

from millstream.client.model_uris import Where, registry_name, version_named
from millstream.client.session import SESSION
from millstream.deploy.wish import PYFUNC
from millstream.errors import InvalidParameter
from millstream.integrations.model_files import local_path
from millstream.model_format.manifest import Manifest


class ChosenModel(msgspec.Struct, frozen=True):
    """A model by a URI that means one version, where its files are, and as what it is run."""

    uri: str
    path: Path
    flavor: str


def choose(model_uri: str, flavor: str | None = None) -> ChosenModel:
    """Fetch a model, and check that its files are those that were saved.

    A flavor that it does not have raises `InvalidParameter`, files that changed DATA_LOSS.
    """
    uri = pin(model_uri)
    path = local_path(uri)
    known, chosen = Manifest.verify(path).flavors, flavor or PYFUNC
    if chosen not in known:
        names = ", ".join(sorted(known))
        raise InvalidParameter(f"{model_uri} has no flavor '{chosen}'; it has {names}.")
    return ChosenModel(uri, path, chosen)


def pin(model_uri: str) -> str:
    """The same model by a URI that means one version for good: aliases and stages move."""
    named = registry_name(model_uri)
    if named is None:
        return model_uri
    version = version_named(named, SESSION.fresh(Where.now().registry))
    below = f"/{named.path}" if named.path else ""
    return f"models:/{version.name}/{version.version}{below}"
