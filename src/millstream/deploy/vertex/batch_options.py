"""What a batch prediction job can be told, and where its files may be."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from millstream.deploy import image_step
from millstream.deploy.batch import shown_place
from millstream.deploy.vertex import options
from millstream.deploy.vertex.options import MOST_REPLICAS, VertexOptions
from millstream.errors import InvalidParameter

_SHARED = ("machine_type", "accelerator_type", "accelerator_count", "service_account", "env")
"""What means the same of a job and of a deployment."""

BATCH_OPTIONS: Mapping[str, str] = {
    **image_step.OPTIONS,
    **{name: options.OPTIONS[name] for name in _SHARED},
    "starting_replica_count": "How many machines there are first (default: 1).",
    "max_replica_count": "How many there may be (default: as many as first).",
    "instances_format": "What the input is: jsonl, or csv with a header (default: jsonl).",
    "batch_size": "How many rows the model gets at once (default: 64).",
}

_FORMATS = ("jsonl", "csv")
_BUCKET = r"gs://[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]"
_INPUT = re.compile(rf"{_BUCKET}/.*[^/]")
_OUTPUT = re.compile(rf"{_BUCKET}(?:/.*)?")


class BatchOptions(msgspec.Struct, frozen=True):
    """The options as what they are; `run` has those that a deployment has as well."""

    run: VertexOptions
    starting_replica_count: int
    max_replica_count: int
    instances_format: str
    batch_size: int


def read(config: Mapping[str, str]) -> BatchOptions:
    """The options of a job; what is no value of one raises `InvalidParameter`."""
    form = config.get("instances_format", _FORMATS[0])
    if form not in _FORMATS:
        raise InvalidParameter(f"'instances_format' is {form!r}; it is {' or '.join(_FORMATS)}.")
    first = options.number(config, "starting_replica_count", 1, MOST_REPLICAS) or 1
    return BatchOptions(
        run=options.options({name: config[name] for name in _SHARED if name in config}),
        starting_replica_count=first,
        max_replica_count=options.number(config, "max_replica_count", first, MOST_REPLICAS)
        or first,
        instances_format=form,
        batch_size=options.number(config, "batch_size", 1, 100_000) or 64,
    )


def checked_input(uri: str) -> str:
    """The files that are scored, in Cloud Storage; anything else raises `InvalidParameter`."""
    if not _INPUT.fullmatch(uri):
        raise InvalidParameter(
            f"The input is {shown_place(uri)!r}; Vertex AI reads files of Cloud Storage, such as "
            "'gs://bucket/rows.jsonl', or several as 'gs://bucket/rows/*.jsonl'."
        )
    return uri


def checked_output(uri: str) -> str:
    """The folder that predictions go to, in Cloud Storage; anything else raises the same."""
    if not _OUTPUT.fullmatch(uri):
        raise InvalidParameter(
            f"The output is {shown_place(uri)!r}; Vertex AI writes into a folder of Cloud Storage, "
            "such as 'gs://bucket/scores'."
        )
    return uri
