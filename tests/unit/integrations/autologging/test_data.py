from __future__ import annotations

import random
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream.integrations.autologging.data import (
    MOST_VALUES_HASHED,
    dataset_of,
    digest_of,
    example_of,
    kind_of,
    rows_of,
    sample_of,
)
from millstream.integrations.autologging.randomness import generators_of, kept


class Watched(np.ndarray[Any, Any]):
    """An array that counts how many of its values become bytes."""

    read = 0

    def tobytes(self, order: Any = "C") -> bytes:
        Watched.read += self.size
        return super().tobytes(order)


def test_only_a_sample_of_a_large_array_is_read() -> None:
    Watched.read = 0
    large = np.zeros((3_000_000, 4)).view(Watched)
    assert dataset_of(large) is not None
    assert 0 < Watched.read <= MOST_VALUES_HASHED


@given(rows=st.integers(1, 5_000), most=st.integers(1, 5_000))
def test_a_sample_has_no_more_rows_than_asked_for(rows: int, most: int) -> None:
    found = sample_of(np.arange(rows), most)
    assert len(found) <= max(most, 1)
    assert found[0] == 0
    assert len(found) == rows or len(found) * 2 > min(most, rows) - 1


def test_digests_tell_data_apart() -> None:
    frame = pd.DataFrame({"a": [1.0, 2.0], "b": ["x", "y"]})
    kinds = [
        frame,
        frame.rename(columns={"a": "c"}),
        frame.assign(a=[1.0, 3.0]),
        frame["a"],
        frame[["a"]].to_numpy(),
        frame[["a"]].to_numpy().astype("float32"),
        frame[["b"]].to_numpy(dtype=object),
        [[1, 2]],
    ]
    digests = [digest_of(data) for data in kinds]
    assert len(set(digests)) == len(digests)
    assert digest_of(frame) == digest_of(frame.copy())
    assert digest_of(frame, frame["a"]) != digest_of(frame)


def test_datasets_of_each_kind() -> None:
    frame = pd.DataFrame({"a": [1.0, 2.0], "b": [3, 4]})
    found = dataset_of(frame, pd.Series([0, 1], name="label"))
    assert found is not None
    assert [column["name"] for column in found.schema["mlflow_colspec"]] == ["a", "b", "label"]
    assert found.profile == {"num_rows": 2, "num_elements": 6}
    array = dataset_of(frame.to_numpy(), np.array([0, 1]))
    assert array is not None
    assert array.profile["features_shape"] == [2, 2]
    assert array.profile["targets_shape"] == [2]
    assert dataset_of([[1, 2], [3, 4]], [0, 1]) is not None
    for data in ("text", iter([1]), None, {"a": 1}, [[1], [2, 3]]):
        assert dataset_of(data) is None


def test_a_large_frame_is_outlined(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("millstream.integrations.autologging.data.MOST_VALUES_SCANNED", 100)
    frame = pd.DataFrame(np.zeros((5_000, 3)), columns=["a", "b", "c"])
    found = dataset_of(frame)
    assert found is not None
    assert found.profile == {"num_rows": 5_000, "num_elements": 15_000}
    assert found.data is frame


def test_an_example_is_a_copy_of_the_first_rows() -> None:
    for data in (np.zeros((9, 2)), pd.DataFrame({"a": range(9)}), pd.Series(range(9))):
        example = example_of(data)
        assert len(example) == 5
        assert type(example) is type(data)
        example[:] = 7
        assert not (np.asarray(data) == 7).all()
    assert example_of([1, 2, 3], 2) == [1, 2]
    assert example_of("text") is None
    assert rows_of("text") is None
    assert kind_of(3) is None


def test_random_numbers_come_as_if_nothing_had_been_between() -> None:
    own = np.random.RandomState(1)
    new = np.random.default_rng(1)
    random.seed(1)
    np.random.seed(1)  # the global generator is what is tested
    with kept(generators_of([own, new, "no generator"])):
        between = [random.random(), np.random.rand(), own.rand(), new.random()]  # noqa: S311  # as above
    assert [random.random(), np.random.rand(), own.rand(), new.random()] == between  # noqa: S311  # as above
