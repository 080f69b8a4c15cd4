"""Names, values and batches are checked with MLflow's words."""

from __future__ import annotations

import re

import pytest

from millstream.entities import validation
from millstream.entities.metrics import LogMetric, Metric
from millstream.entities.models import CreateLoggedModel
from millstream.entities.runs import Dataset, DatasetInput, InputTag, LogBatch, Param
from millstream.errors import InvalidParameter


@pytest.mark.parametrize(
    "key", ["a", "val acc", "a/b/c", "ünï", "x.y-z_0:1", "a..b", "a/..b", ".hidden", "k" * 250]
)
def test_good_keys(key: str) -> None:
    validation.check_metric_key(key)
    validation.check_param_key(key)
    validation.check_tag_key(key)


@pytest.mark.parametrize("key", ["", ".", "..", "..x", "/x", "x/", "a//b", "a/./b", "a/../b"])
def test_keys_that_are_other_paths(key: str) -> None:
    with pytest.raises(InvalidParameter, match="must not resolve to other names"):
        validation.check_param_key(key)


@pytest.mark.parametrize("key", ["bad!", "a\n", "a\tb", "a\0", "a\\b", "a,b", "é\u0301!"])
def test_keys_with_other_characters(key: str) -> None:
    with pytest.raises(InvalidParameter, match="Names may only contain alphanumerics"):
        validation.check_param_key(key)


def test_messages_say_where_and_what() -> None:
    with pytest.raises(InvalidParameter) as caught:
        validation.check_tag_key("bad!", "tags[3].key")
    assert caught.value.message == (
        "Invalid value \"bad!\" for parameter 'tags[3].key' supplied: Names may only contain "
        "alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and "
        "slashes (/)."
    )
    for check, name in (
        (validation.check_metric_key, "Metric name"),
        (validation.check_param_key, "Param key"),
        (validation.check_tag_key, "key"),
    ):
        with pytest.raises(InvalidParameter) as caught:
            check("k" * 251)
        assert caught.value.message == f"'{name}' exceeds the maximum length of 250 characters"


def test_values_are_measured_in_bytes() -> None:
    validation.check_value("é" * (1 << 19), "value")
    with pytest.raises(InvalidParameter, match="'value' exceeds the maximum length of 1048576"):
        validation.check_value("é" * (1 << 19) + "x", "value")


def test_points() -> None:
    validation.check_metric(LogMetric("run", "m", 1.0, 0, -(1 << 63)))
    with pytest.raises(InvalidParameter) as caught:
        validation.check_metric(Metric("m", 1.5, 1 << 63), "metrics[2].")
    assert caught.value.message == (
        f"Invalid value {1 << 63} for parameter 'metrics[2].timestamp' supplied: metric 'm' "
        "(value=1.5). Timestamp must be a nonnegative long (64-bit integer) "
    )
    with pytest.raises(InvalidParameter, match="'dataset_digest' exceeds the maximum length of 36"):
        validation.check_metric(LogMetric("run", "m", 1.0, 0, 0, "m-1", "d", "x" * 37))


@pytest.mark.parametrize(
    ("sizes", "words"),
    [
        ((1001, 0, 0), "at most 1000 metrics. Got 1001 metrics."),
        ((0, 101, 0), "at most 100 params. Got 101 params."),
        ((0, 0, 101), "at most 100 tags. Got 101 tags."),
        ((950, 60, 0), "at most 1000 metrics, params, and tags. Got 1010 metrics, params, and"),
    ],
)
def test_batch_sizes(sizes: tuple[int, int, int], words: str) -> None:
    with pytest.raises(InvalidParameter, match=re.escape(words)):
        validation.check_batch_sizes(*sizes)
    validation.check_batch_sizes(800, 100, 100)


def test_duplicate_params_are_named_once_each() -> None:
    params = [Param(key, "1") for key in ("q", "z", "z", "q", "a")]
    with pytest.raises(InvalidParameter, match=re.escape("have been submitted: ['q', 'z'].")):
        validation.check_batch(LogBatch("run", params=params))


def test_experiment_ids() -> None:
    assert validation.experiment_key("12") == 12
    assert validation.experiment_key(str(1 << 80)) == -1
    with pytest.raises(InvalidParameter) as caught:
        validation.experiment_key("abc")
    assert caught.value.message == (
        "Invalid experiment ID 'abc'. Experiment ID must be a valid integer."
    )


@pytest.mark.parametrize("location", ["s3://b/x?versionId=1", "/a/b;d", "rel"])
def test_good_locations(location: str) -> None:
    validation.check_artifact_location(location, 2048)


@pytest.mark.parametrize("location", ["runs:/a/b", "s3://b/x#f", "s3://b/x;p=1", "x" * 2049])
def test_bad_locations(location: str) -> None:
    with pytest.raises(InvalidParameter, match="rtifact"):
        validation.check_artifact_location(location, 2048)


@pytest.mark.parametrize("name", ["", "a/b", "a:b", "a.b", "a%b", 'a"b', "a'b", "n" * 501])
def test_bad_model_names(name: str) -> None:
    with pytest.raises(InvalidParameter, match=r"Invalid model name|exceeds the maximum length"):
        validation.check_model_name(name)
    assert CreateLoggedModel("0", name).name == name


def test_datasets() -> None:
    good = Dataset("n" * 500, "d" * 36, "local", "s" * 65_535)
    validation.check_dataset_inputs([DatasetInput(good, [InputTag("k" * 255, "v" * 500)])])
    with pytest.raises(InvalidParameter, match="'source' exceeds the maximum length of 65535"):
        validation.check_dataset(Dataset("n", "d", "local", "s" * 65_536))
    with pytest.raises(InvalidParameter, match="'value' exceeds the maximum length of 500"):
        validation.check_dataset_inputs([DatasetInput(good, [InputTag("k", "v" * 501)])])
