"""A project and a region of Google Cloud, and the names of what is there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

import msgspec

from millstream.deploy.targets import parts
from millstream.errors import InvalidParameter
from millstream.masking import shown

FORM = "vertex:/project/region"

_PROJECT = re.compile(r"[a-z][a-z0-9-]{4,28}[a-z0-9]|[0-9]{6,20}")
_REGION = re.compile(r"[a-z]+(?:-[a-z]+)+[0-9]{1,2}")
_NAME = re.compile(r"[a-z](?:[a-z0-9-]{0,38}[a-z0-9])?")
_ENDPOINT = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_LOCAL = ("127.0.0.1", "localhost", "::1")

# gcloud's variables for other addresses of its services.
_INSTEAD = "CLOUDSDK_API_ENDPOINT_OVERRIDES_AIPLATFORM"
_INSTEAD_OF_LOGGING = "CLOUDSDK_API_ENDPOINT_OVERRIDES_LOGGING"


class Place(msgspec.Struct, frozen=True):
    """Where things are. `address` is that of Vertex AI there, `logging` that of Cloud Logging."""

    project: str
    region: str
    address: str
    logging: str = "https://logging.googleapis.com"

    @property
    def parent(self) -> str:
        """The region as Google names it."""
        return f"projects/{self.project}/locations/{self.region}"

    def model(self, model_id: str) -> str:
        """A model's full name."""
        return f"{self.parent}/models/{model_id}"

    def endpoint(self, endpoint_id: str) -> str:
        """An endpoint's full name."""
        return f"{self.parent}/endpoints/{endpoint_id}"

    def batch(self, job_id: str) -> str:
        """A batch prediction job's full name."""
        return f"{self.parent}/batchPredictionJobs/{job_id}"


def place(target_uri: str, variables: Mapping[str, str]) -> Place:
    """The place that a target URI names; what is none raises `InvalidParameter`.

    `variables` may give services other addresses, by gcloud's names for these.
    """
    found = parts(target_uri, FORM)
    if len(found) != 2:
        raise InvalidParameter(
            f"The target {target_uri!r} is not of the form {FORM}, such as "
            "'vertex:/my-project/europe-west4'."
        )
    project, region = found
    if not _PROJECT.fullmatch(project):
        raise InvalidParameter(
            f"{project!r} is no project of Google Cloud: it is called by its id, such as "
            "'my-project', or its number."
        )
    if not _REGION.fullmatch(region):
        raise InvalidParameter(f"{region!r} is no region; one is called like 'europe-west4'.")
    usual = f"https://{region}-aiplatform.googleapis.com"
    return Place(
        project,
        region,
        _address(variables, _INSTEAD, usual),
        _address(variables, _INSTEAD_OF_LOGGING, "https://logging.googleapis.com"),
    )


def short(name: str) -> str:
    """The id at the end of a full name, without a version."""
    return name.rpartition("/")[2].partition("@")[0]


def checked(name: str, what: str = "deployment") -> str:
    """A deployment's or job's name, if it can be an id and a label; else `InvalidParameter`."""
    if not _NAME.fullmatch(name):
        raise InvalidParameter(
            f"The {what} is called {name!r}: at Vertex AI a name is of 1 to 40 lower-case "
            "letters, digits and '-', begins with a letter and does not end with '-'."
        )
    return name


def checked_endpoint(name: str) -> str:
    """An endpoint's id; what is none raises `InvalidParameter`."""
    if not _ENDPOINT.fullmatch(name):
        raise InvalidParameter(
            f"The endpoint is called {name!r}: at Vertex AI it has an id of lower-case letters, "
            "digits and '-'."
        )
    return name


def _address(variables: Mapping[str, str], name: str, usual: str) -> str:
    found = (variables.get(name) or usual).rstrip("/")
    try:
        url = urlsplit(found)
        is_fine = bool(url.hostname) and not (url.path or url.query or url.username)
    except ValueError:
        is_fine = False
    if not is_fine or not (
        url.scheme == "https" or (url.scheme == "http" and url.hostname in _LOCAL)
    ):
        raise InvalidParameter(
            f"{name} is '{shown(found)}'; it is an address that begins with https:// and has no "
            "path."
        )
    return found
