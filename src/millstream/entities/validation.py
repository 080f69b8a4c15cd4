"""What names, values and batches may look like; every breach raises `InvalidParameter`."""

from __future__ import annotations

import json
import posixpath
import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from millstream.entities.metrics import LogMetric, Metric
from millstream.entities.runs import Dataset, DatasetInput, LogBatch
from millstream.errors import InvalidParameter

LONGEST_KEY = 250
LONGEST_VALUE = 1 << 20
LONGEST_EXPERIMENT_NAME = 500
LONGEST_EXPERIMENT_TAG_VALUE = 20_000
LONGEST_MODEL_ID = 64
MOST_METRICS = 1_000
MOST_PARAMS = 100
MOST_TAGS = 100
MOST_IN_ALL = 1_000
LEAST_LONG = -(1 << 63)
GREATEST_LONG = (1 << 63) - 1

_RUN_ID = re.compile(r"[a-zA-Z0-9][\w\-]{0,255}")
_NAME = re.compile(r"[/\w.\- :]*")
_DATASET_LIMITS = (
    ("name", 500),
    ("digest", 36),
    ("source", 65_535),
    ("schema", 1_048_575),
    ("profile", 16_777_215),
)
_NOT_IN_MODEL_NAMES = ("/", ":", ".", "%", '"', "'")


@lru_cache(maxsize=16_384)
def is_key(key: str) -> bool:
    """Whether this may name a metric, a param or a tag."""
    return (
        len(key) <= LONGEST_KEY
        and _NAME.fullmatch(key) is not None
        and posixpath.normpath(key) == key
        and key != "."
        and not key.startswith(("..", "/"))
    )


def check_metric_key(key: str, path: str = "name") -> None:
    """Check the name of a metric; `path` says where in the request it stood."""
    if not is_key(key):
        _refuse_key(key, path, "Metric name")


def check_param_key(key: str, path: str = "key") -> None:
    """Check the name of a param."""
    if not is_key(key):
        _refuse_key(key, path, "Param key")


def check_tag_key(key: str, path: str = "key") -> None:
    """Check the name of a tag."""
    if not is_key(key):
        _refuse_key(key, path, path)


def is_run_id(text: str) -> bool:
    """Whether this may be the ID of a run."""
    return _RUN_ID.fullmatch(text) is not None


def check_run_id(run_id: str) -> None:
    """Check the ID that somebody chose for a new run."""
    if not is_run_id(run_id):
        raise InvalidParameter(
            f"Invalid run ID '{run_id}'. It must begin with a letter or digit, "
            "followed by at most 255 letters, digits, underscores (_) or dashes (-)."
        )


def check_value(value: str, what: str) -> None:
    """Check the value of a param or tag, which is kept whole up to 1 MiB of UTF-8."""
    if len(value) > LONGEST_VALUE >> 2 and len(value.encode(errors="replace")) > LONGEST_VALUE:
        raise InvalidParameter(f"'{what}' exceeds the maximum length of {LONGEST_VALUE} bytes")


def check_length(value: str | None, what: str, most: int) -> None:
    """Check the length of a text in characters."""
    if value is not None and len(value) > most:
        raise InvalidParameter(f"'{what}' exceeds the maximum length of {most} characters")


def check_metric(metric: Metric | LogMetric, prefix: str = "") -> None:
    """Check one point; `prefix` is `metrics[i].` inside a batch."""
    if not is_key(metric.key):
        _refuse_key(metric.key, f"{prefix}name", "Metric name")
    if not 0 <= metric.timestamp <= GREATEST_LONG:
        raise InvalidParameter(
            f"Invalid value {metric.timestamp} for parameter '{prefix}timestamp' supplied: "
            f"metric '{metric.key}' (value={metric.value}). "
            "Timestamp must be a nonnegative long (64-bit integer) "
        )
    if not LEAST_LONG <= metric.step <= GREATEST_LONG:
        raise InvalidParameter(
            f"Invalid value {metric.step} for parameter '{prefix}step' supplied: "
            f"metric '{metric.key}' (value={metric.value}). "
            "Step must be a valid long (64-bit integer)."
        )
    if metric.model_id:
        check_length(metric.dataset_name, f"{prefix}dataset_name", 500)
        check_length(metric.dataset_digest, f"{prefix}dataset_digest", 36)


def check_batch(batch: LogBatch) -> None:
    """Check sizes, names and values of a batch."""
    check_batch_sizes(len(batch.metrics), len(batch.params), len(batch.tags))
    check_batch_contents(batch)


def check_batch_contents(batch: LogBatch) -> None:
    """Check names and values of a batch of any size."""
    for index, metric in enumerate(batch.metrics):
        if metric.model_id or not (
            is_key(metric.key)
            and 0 <= metric.timestamp <= GREATEST_LONG
            and LEAST_LONG <= metric.step <= GREATEST_LONG
        ):
            check_metric(metric, f"metrics[{index}].")
    for index, param in enumerate(batch.params):
        check_param_key(param.key, f"params[{index}].key")
        check_value(param.value, f"params[{index}].value")
    for index, tag in enumerate(batch.tags):
        check_tag_key(tag.key, f"tags[{index}].key")
        check_value(tag.value, f"tags[{index}].value")
    if len({param.key for param in batch.params}) < len(batch.params):
        check_params_unique([param.key for param in batch.params])


def check_batch_sizes(metrics: int, params: int, tags: int) -> None:
    """Check how much one batch contains."""
    for kind, count, most in (
        ("metrics", metrics, MOST_METRICS),
        ("params", params, MOST_PARAMS),
        ("tags", tags, MOST_TAGS),
        ("metrics, params, and tags", metrics + params + tags, MOST_IN_ALL),
    ):
        if count > most:
            raise InvalidParameter(
                f"A batch logging request can contain at most {most} {kind}. Got {count} {kind}. "
                f"Please split up {kind} across multiple requests and try again."
            )


def check_params_unique(keys: Sequence[str]) -> None:
    """Check that no param is given twice, even with the same value."""
    duplicates = [key for key, count in Counter(keys).items() if count > 1]
    if duplicates:
        raise InvalidParameter(
            f"Duplicate parameter keys have been submitted: {duplicates}. Please ensure the "
            "request contains only one param value per param key."
        )


def check_experiment_name(name: str) -> None:
    """Check the name of an experiment: 1 to 500 characters, any."""
    if not name:
        raise InvalidParameter(f"Invalid experiment name: '{name}'")
    check_length(name, "name", LONGEST_EXPERIMENT_NAME)


def check_artifact_location(location: str, most: int) -> None:
    """Check where an experiment's artifacts shall go."""
    if len(location) > most:
        raise InvalidParameter(
            "Invalid artifact path length. The length of the artifact path cannot be greater than "
            f"{most} characters. To configure this limit, please set the "
            "MLFLOW_ARTIFACT_LOCATION_MAX_LENGTH environment variable."
        )
    if location.startswith("runs:"):
        raise InvalidParameter(f"Artifact location cannot be a runs:/ URI. Given: '{location}'")
    try:
        parts = urlsplit(location)
    except ValueError as error:
        raise InvalidParameter(f"Invalid artifact location '{location}': {error}.") from error
    if parts.fragment or (parts.scheme and ";" in parts.path):
        raise InvalidParameter("'artifact_location' URL can't include fragments or params.")


def check_experiment_tag(key: str, value: str) -> None:
    """Check a tag of an experiment."""
    check_tag_key(key)
    check_length(value, "value", LONGEST_EXPERIMENT_TAG_VALUE)


def experiment_key(experiment_id: str) -> int:
    """The number that an experiment's id is."""
    try:
        key = int(experiment_id)
    except ValueError as error:
        raise InvalidParameter(
            f"Invalid experiment ID '{experiment_id}'. Experiment ID must be a valid integer."
        ) from error
    return key if LEAST_LONG <= key <= GREATEST_LONG else -1


def check_model_name(name: str) -> None:
    """Check the name of a logged model."""
    if not name or any(character in name for character in _NOT_IN_MODEL_NAMES):
        raise InvalidParameter(
            f"Invalid model name ({name!r}) provided. Model name must be a non-empty string and "
            f"cannot contain the following characters: {_NOT_IN_MODEL_NAMES}"
        )
    check_length(name, "name", LONGEST_EXPERIMENT_NAME)


def check_model_ids(model_ids: Sequence[str]) -> None:
    """Check the ids of logged models, which need not exist."""
    for model_id in model_ids:
        check_length(model_id, "model_id", LONGEST_MODEL_ID)


def check_dataset_inputs(inputs: Sequence[DatasetInput]) -> None:
    """Check the lengths of datasets' descriptions and of the tags of their use."""
    for item in inputs:
        check_dataset(item.dataset)
        for tag in item.tags:
            check_length(tag.key, "key", 255)
            check_length(tag.value, "value", 500)


def check_dataset(dataset: Dataset) -> None:
    """Check the lengths of a dataset's description."""
    for field, most in _DATASET_LIMITS:
        check_length(getattr(dataset, field), field, most)


def check_max_results(given: int, most: int | None = None) -> None:
    """Check the size of a page."""
    if given < 1:
        raise InvalidParameter(
            f"Invalid value {given} for parameter 'max_results' supplied. "
            "It must be a positive integer"
        )
    if most is not None and given > most:
        raise InvalidParameter(
            f"Invalid value {given} for parameter 'max_results' supplied. It must be at most {most}"
        )


def _refuse_key(key: Any, path: str, long_name: str) -> None:
    shown = json.dumps(key, ensure_ascii=False)
    if _NAME.fullmatch(key) is None:
        raise InvalidParameter(
            f"Invalid value {shown} for parameter '{path}' supplied: Names may only contain "
            "alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and "
            "slashes (/)."
        )
    if len(key) > LONGEST_KEY:
        raise InvalidParameter(
            f"'{long_name}' exceeds the maximum length of {LONGEST_KEY} characters"
        )
    raise InvalidParameter(
        f"Invalid value {shown} for parameter '{path}' supplied: Names may be treated as files in "
        "certain cases, and must not resolve to other names when treated as such. This name would "
        f"resolve to '{posixpath.normpath(key)}'"
    )
