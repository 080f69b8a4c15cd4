"""What two runs differ in is found whatever it is, and ranked by cause."""

from __future__ import annotations

import math
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream.capture.source import Tree
from millstream.client.context import GIT_COMMIT
from millstream.entities.metrics import Metric
from millstream.entities.runs import (
    Dataset,
    DatasetInput,
    Param,
    Run,
    RunData,
    RunInfo,
    RunInputs,
    RunTag,
)
from millstream.environments.requirements_lock import Pin
from millstream.errors import InvalidParameter
from millstream.projects.launch.containers.starting import IMAGE_ID
from millstream.projects.reproduction.findings import (
    CAUSES,
    TOLERANCE,
    Finding,
    as_json,
    compare,
    is_seed,
    same_value,
)
from millstream.projects.reproduction.record import Record


def record(
    *,
    metrics: dict[str, float] | None = None,
    params: dict[str, str] | None = None,
    tags: dict[str, str] | None = None,
    datasets: dict[str, str] | None = None,
    **kept: Any,
) -> Record:
    """A run that recorded these."""
    data = RunData(
        [Metric(key, value, 0, 0) for key, value in (metrics or {}).items()],
        [Param(key, value) for key, value in (params or {}).items()],
        [RunTag(key, value) for key, value in (tags or {}).items()],
    )
    inputs = [
        DatasetInput(Dataset(name, digest, "local", "{}"))
        for name, digest in (datasets or {}).items()
    ]
    info = RunInfo("a" * 32, "0", "ada", "FINISHED")
    return Record(run=Run(info, data, RunInputs(inputs)), **kept)


NAMES = st.text("abcxyz_", min_size=1, max_size=5)
TEXTS = st.dictionaries(NAMES, st.text(max_size=3), max_size=4)
VALUES = st.floats(allow_nan=True, allow_infinity=True)
PINS = st.dictionaries(NAMES, st.sampled_from(["1", "2"]), max_size=4).map(
    lambda found: tuple(Pin(name, version) for name, version in found.items())
)
PATCHES = st.lists(st.tuples(NAMES, st.text("xy", max_size=3)), max_size=3).map(
    lambda files: "".join(
        f"diff --git a/{name} b/{name}\nindex 1..2\n--- a/{name}\n+++ b/{name}\n"
        f"@@ -1 +1 @@\n-old\n+{line}\n"
        for name, line in files
    ).encode()
)
RECORDS = st.builds(
    record,
    metrics=st.dictionaries(NAMES, VALUES, max_size=3),
    params=TEXTS,
    tags=TEXTS,
    datasets=TEXTS,
    difference=PATCHES,
    files=st.dictionaries(NAMES, st.binary(max_size=3), max_size=2),
    machine=st.none() | st.fixed_dictionaries({"python": st.sampled_from(["3.11", "3.12"])}),
    packages=st.none() | PINS,
)


@given(RECORDS)
def test_a_run_does_not_differ_from_itself(one: Record) -> None:
    assert compare(one, one, 0).findings == ()


@given(RECORDS, RECORDS)
def test_the_other_way_round_the_same_differs(one: Record, other: Record) -> None:
    there, back = compare(one, other).findings, compare(other, one).findings
    turned = [Finding(f.cause, f.name, f.got, f.expected) for f in back]
    assert list(map(repr, there)) == list(map(repr, turned))  # NaN is not equal to itself


@given(RECORDS, RECORDS)
def test_the_likeliest_cause_is_first(one: Record, other: Record) -> None:
    ranks = [CAUSES.index(finding.cause) for finding in compare(one, other).findings]
    assert ranks == sorted(ranks)


@given(RECORDS, RECORDS)
def test_what_is_told_of_metrics_params_and_data_is_all_of_it(one: Record, other: Record) -> None:
    found = {(f.cause, f.name) for f in compare(one, other, 0).findings}
    for cause, before, after in (
        ("params", one.run.data.params, other.run.data.params),
        ("metrics", one.run.data.metrics, other.run.data.metrics),
    ):
        differing = {
            name
            for name in before.keys() | after.keys()
            if repr(before.get(name)) != repr(after.get(name))
            and before.get(name) != after.get(name)  # 0.0 and -0.0
        }
        assert {name for kind, name in found if kind == cause} == differing


@given(VALUES, VALUES, st.floats(0, 1), st.floats(0, 1))
def test_a_larger_tolerance_never_finds_more(a: float, b: float, one: float, two: float) -> None:
    small, large = sorted((one, two))
    assert same_value(a, b, large) or not same_value(a, b, small)
    assert same_value(a, b, small) == same_value(b, a, small)
    assert same_value(a, a, 0)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (1.0, 1.0 + 1e-12, True),
        (1.0, 1.0 + 1e-6, False),
        (1e-300, 1.1e-300, False),
        (0.0, 1e-12, False),
        (0.0, -0.0, True),
        (math.nan, math.nan, True),
        (math.nan, 1.0, False),
        (math.inf, math.inf, True),
        (math.inf, -math.inf, False),
        (math.inf, 1e308, False),
    ],
)
def test_the_usual_tolerance(one: float, other: float, same: bool) -> None:
    assert same_value(one, other, TOLERANCE) is same


@pytest.mark.parametrize("name", ["seed", "random_state", "data_seed", "model.seed", "SEED", "rng"])
def test_seeds_are_known_by_their_name(name: str) -> None:
    assert is_seed(name)


@pytest.mark.parametrize("name", ["alpha", "linseed_oil", "strange", "seedling", "ring"])
def test_what_is_no_seed(name: str) -> None:
    assert not is_seed(name)


PATCH = b"diff --git a/train.py b/train.py\nindex 1..2 100644\n--- a/train.py\n+++ b/train.py\n+x\n"


@pytest.mark.parametrize(
    ("changed", "cause", "name"),
    [
        ({"tags": {GIT_COMMIT: "b" * 40}}, "code", "commit"),
        ({"tags": {GIT_COMMIT: "a" * 40, IMAGE_ID: "1"}}, "environment", "image"),
        ({"difference": PATCH}, "code", "train.py"),
        ({"files": {"lib/net.py": b"x"}}, "code", "lib/net.py"),
        ({"machine": {"python": "3.12.1"}}, "environment", "python"),
        ({"packages": (Pin("NumPy", "2.0"),)}, "environment", "numpy"),
        ({"datasets": {"patients": "222"}}, "data", "patients"),
        ({"params": {"seed": "2"}}, "seed", "seed"),
        ({"params": {"seed": "1", "alpha": "2"}}, "params", "alpha"),
        ({"machine": {"python": "3.11.1", "cpu": "other"}}, "hardware", "cpu"),
        ({"metrics": {"mse": 2.0}}, "metrics", "mse"),
    ],
)
def test_each_cause_is_named(changed: dict[str, Any], cause: str, name: str) -> None:
    usual: dict[str, Any] = {
        "metrics": {"mse": 1.0},
        "params": {"seed": "1"},
        "tags": {GIT_COMMIT: "a" * 40},
        "datasets": {"patients": "111"},
        "machine": {"python": "3.11.1"},
        "packages": (Pin("numpy", "1.0"),),
        "tree": Tree("/code"),
    }
    comparison = compare(record(**usual), record(**usual | changed))
    assert [(f.cause, f.name) for f in comparison.findings] == [(cause, name)]
    assert any("files of the two commits" in one for one in comparison.unknown) is (
        name == "commit"
    )
    assert len(comparison.unknown) == (name == "commit")


def test_the_size_of_a_repository_is_no_difference() -> None:
    one = record(difference=PATCH)
    other = record(difference=PATCH.replace(b"index 1..2", b"index 1111111..2222222"))
    assert compare(one, other).findings == ()


def test_what_was_not_recorded_is_said_and_not_compared() -> None:
    found = compare(record(), record(packages=(Pin("a", "1"),), machine={"python": "3"}))
    assert found.findings == ()
    assert len([phrase for phrase in found.unknown if "packages" in phrase]) == 1
    assert len([phrase for phrase in found.unknown if "commit" in phrase]) == 2


def test_metrics_of_the_machine_do_not_count_unless_they_are_named() -> None:
    one, other = (record(metrics={"system/load": value, "mse": 1.0}) for value in (1.0, 2.0))
    assert compare(one, other).findings == ()
    assert [f.name for f in compare(one, other, metrics=["system/load"]).findings] == [
        "system/load"
    ]


def test_what_makes_no_sense_is_refused() -> None:
    one = record(metrics={"mse": 1.0})
    with pytest.raises(InvalidParameter, match=r"-1\.0 must be a number from 0 on"):
        compare(one, one, -1.0)
    with pytest.raises(InvalidParameter, match="nan"):
        compare(one, one, math.nan)
    with pytest.raises(InvalidParameter, match="Neither run has the metric 'rmse'; they have mse"):
        compare(one, one, metrics=["rmse"])


@given(st.none() | st.text() | VALUES, st.none() | st.text() | VALUES)
def test_findings_are_json(expected: str | float | None, got: str | float | None) -> None:
    found = msgspec.json.decode(msgspec.json.encode(as_json(Finding("data", "x", expected, got))))
    for name, value in (("expected", expected), ("got", got)):
        if isinstance(value, float) and not math.isfinite(value):
            assert repr(float(found[name])) == repr(value)
        else:
            assert found[name] == value
