"""What a job that scores files can be told at SageMaker, and where its files may be."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from millstream.deploy import image_step
from millstream.deploy.batch import BatchJob, shown_place
from millstream.deploy.sagemaker import options, transform
from millstream.errors import InvalidParameter

MODEL_OPTIONS = ("execution_role_arn", "bucket", "vpc_config", "env")
"""What means the same of a job's model and of a deployment's."""

BATCH_OPTIONS: Mapping[str, str] = {
    **image_step.OPTIONS,
    **{name: options.OPTIONS[name] for name in (*MODEL_OPTIONS, "instance_type", "instance_count")},
    "s3_input_data_type": "What the input is: S3Prefix, or ManifestFile (default: S3Prefix).",
    "content_type": "What the files are, such as text/csv or application/json (default: text/csv).",
    "accept": "What is answered, in the same words (default: text/csv).",
    "compression_type": "How the files are packed: None or Gzip (default: None).",
    "split_type": "How files are cut into requests: None, Line, RecordIO or TFRecord. A table "
    "whose first line names its columns has to stay whole (default: None).",
    "batch_strategy": "Of files that are cut: SingleRecord, a request for each piece; MultiRecord, "
    "as many pieces as max_payload_mb allows (default: SingleRecord).",
    "max_payload_mb": "How large a request may be, in MB from 1 to 100 (default: 6).",
    "assemble_with": "What is between answers: None or Line (default: None).",
    "input_filter": "What of a row is sent, as JSONPath (default: $, all).",
    "output_filter": "What of an answer is kept, as JSONPath (default: $, all).",
    "join_resource": "Input: answers stand beside their rows (default: None).",
}

_DEFAULTS: Mapping[str, str] = {
    "s3_input_data_type": "S3Prefix",
    "content_type": "text/csv",
    "accept": "text/csv",
    "compression_type": "None",
    "split_type": "None",
    "assemble_with": "None",
    "input_filter": "$",
    "output_filter": "$",
    "join_resource": "None",
    "instance_type": options.Options().instance_type,
}
_CHOICES: Mapping[str, Sequence[str]] = {
    "s3_input_data_type": ("S3Prefix", "ManifestFile"),
    "compression_type": ("None", "Gzip"),
    "split_type": ("None", "Line", "RecordIO", "TFRecord"),
    "batch_strategy": ("SingleRecord", "MultiRecord"),
    "assemble_with": ("None", "Line"),
    "join_resource": ("None", "Input"),
}
_STRATEGY, _PAYLOAD = "SingleRecord", 6
_URI = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](?:/[^?#]*)?")


def request(job: BatchJob) -> dict[str, Any]:
    """A job as SageMaker takes it; what cannot be meant raises `InvalidParameter`."""
    _check_choices(job.config)
    said: dict[str, Any] = {name: job.config.get(name, text) for name, text in _DEFAULTS.items()}
    said["instance_count"] = options.number(job.config, "instance_count", 1, 10_000)
    said["s3_input_uri"] = _checked(job.input_uri, "input")
    said["s3_output_path"] = _checked(job.output_uri, "output")
    asked = transform.request(job.name, job.name, said)
    asked["MaxPayloadInMB"] = options.number(job.config, "max_payload_mb", _PAYLOAD, 100)
    if said["split_type"] != "None":
        asked["BatchStrategy"] = job.config.get("batch_strategy", _STRATEGY)
    elif "batch_strategy" in job.config:
        raise InvalidParameter("'batch_strategy' is for files that are cut: say split_type, too.")
    return asked


def _check_choices(config: Mapping[str, str]) -> None:
    for name, known in _CHOICES.items():
        if config.get(name, known[0]) not in known:
            raise InvalidParameter(f"'{name}' is {config[name]!r}; it is {' or '.join(known)}.")


def _checked(uri: str, what: str) -> str:
    if not _URI.fullmatch(uri):
        raise InvalidParameter(
            f"The {what} is {shown_place(uri)!r}; SageMaker reads and writes in S3, such as "
            "'s3://bucket/rows/'."
        )
    return uri
