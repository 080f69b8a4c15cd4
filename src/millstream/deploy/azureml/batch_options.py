"""What can be said of a job that lets a model score files at Azure ML, and what it means there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from millstream.deploy.azureml import options
from millstream.deploy.azureml.workspace import Address
from millstream.deploy.batch import shown_place
from millstream.errors import InvalidParameter

FORMS = (
    "azureml://datastores/NAME/paths/PATH, azureml:DATA-ASSET:VERSION or "
    "https://ACCOUNT.blob.core.windows.net/CONTAINER/PATH"
)
OUTPUT_FORM = "azureml://datastores/NAME/paths/FOLDER/FILE.csv"

BATCH_OPTIONS: Mapping[str, str] = {
    "compute": "The compute cluster of the workspace that the job runs on. It has to be said.",
    "input_type": "What the input is: uri_folder, or uri_file (default: uri_folder).",
    "instance_count": "How many machines of the cluster it takes (default: 1).",
    "mini_batch_size": "How many files a machine scores at once (default: 10).",
    "mini_batch_timeout": "How long those may take, in s (default: 300).",
    "max_retries": "How often those are tried again (default: 3).",
    "error_threshold": "How many files may fail until the job does, -1 for any number (default: "
    "0).",
    "env": "Variables of its environment, as NAME=VALUE,NAME=VALUE.",
}

_COMPUTE = re.compile(r"[A-Za-z](?:[A-Za-z0-9-]{0,30}[A-Za-z0-9])")
_PLACE = r"azureml://datastores/(?P<store>\w{1,255})/paths/(?P<path>[^?#\\\s]+)"
_INPUT = re.compile(
    rf"{_PLACE}|azureml:[\w.-]{{1,255}}:[\w.-]{{1,30}}"
    r"|https://[A-Za-z0-9.-]{1,253}(?::\d{1,5})?/[^?#@\\\s]+"
)
_OUTPUT = re.compile(_PLACE)
_TYPES = ("uri_folder", "uri_file")
_MANY = 2**31 - 1


class BatchOptions(NamedTuple):
    """What was said of a job, checked; times in s."""

    compute: str
    input_type: str
    instance_count: int
    mini_batch_size: int
    mini_batch_timeout: int
    max_retries: int
    error_threshold: int
    env: dict[str, str]


def read(config: Mapping[str, str]) -> BatchOptions:
    """The options of a job; what is no value of one raises `InvalidParameter`."""
    kind = config.get("input_type", _TYPES[0])
    if kind not in _TYPES:
        raise InvalidParameter(f"'input_type' is {kind!r}; it is one of {', '.join(_TYPES)}.")
    return BatchOptions(
        compute=_compute(config),
        input_type=kind,
        instance_count=options.number(config, "instance_count", 1, 1000) or 1,
        mini_batch_size=options.number(config, "mini_batch_size", 1, _MANY) or 10,
        mini_batch_timeout=options.number(config, "mini_batch_timeout", 1, 86_400) or 300,
        max_retries=_or(options.number(config, "max_retries", 0, 100), 3),
        error_threshold=_threshold(config),
        env=options.plain_variables(config),
    )


def checked_input(uri: str) -> str:
    """Where the files are that are scored; files of this machine and links with keys raise."""
    if not _INPUT.fullmatch(uri) or _leaves(uri):
        raise InvalidParameter(
            f"The input is {shown_place(uri)!r}; Azure ML reads {FORMS}. A link with a key in it "
            "is refused: make a datastore, which keeps the key."
        )
    return uri


def output_place(uri: str, where: Address) -> str:
    """Where the predictions go, as the id of a datastore and a path in it; other forms raise."""
    found = _OUTPUT.fullmatch(uri)
    if not found or _leaves(uri) or uri.endswith("/"):
        raise InvalidParameter(
            f"The output is {shown_place(uri)!r}; Azure ML writes a file at {OUTPUT_FORM}."
        )
    return (
        f"/subscriptions/{where.subscription}/resourceGroups/{where.group}/providers/"
        f"Microsoft.MachineLearningServices/workspaces/{where.workspace}"
        f"/datastores/{found['store']}/paths/{found['path']}"
    )


def _leaves(uri: str) -> bool:
    return ".." in uri.split("/")


def _compute(config: Mapping[str, str]) -> str:
    found = config.get("compute", "")
    if not _COMPUTE.fullmatch(found):
        raise InvalidParameter(
            f"'compute' is {found!r}; it is the name of a compute cluster of the workspace, of 2 "
            "to 32 letters, digits and '-', as `az ml compute list` shows it."
        )
    return found


def _threshold(config: Mapping[str, str]) -> int:
    if config.get("error_threshold") == "-1":
        return -1
    return options.number(config, "error_threshold", 0, _MANY) or 0


def _or(found: int | None, default: int) -> int:
    return default if found is None else found
