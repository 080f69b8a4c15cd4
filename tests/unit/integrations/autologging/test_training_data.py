"""What containers were made of is known for as long as they live, and not longer."""

from __future__ import annotations

import gc

import numpy as np

from millstream.integrations.autologging.training_data import Origins


class Container:
    """Like CatBoost's, it has no hash."""

    __hash__ = None  # type: ignore[assignment]  # so that it has none


def test_the_first_rows_outlive_the_data() -> None:
    origins, container = Origins(), Container()
    data = np.arange(20.0).reshape(10, 2)
    origins.note(container, data)
    assert origins.data_of(container) is data
    del data
    gc.collect()
    assert origins.data_of(container) is None
    assert origins.head_of(container).tolist() == np.arange(10.0).reshape(5, 2).tolist()


def test_nothing_is_known_of_files_and_of_containers_that_came_before() -> None:
    origins, container = Origins(), Container()
    origins.note(container, "train.libsvm")
    assert origins.head_of(container) is None
    assert origins.data_of(container) is None


def test_a_container_in_the_place_of_another_is_not_taken_for_it() -> None:
    origins = Origins()
    for _ in range(3):
        origins.note(Container(), np.ones((3, 1)))
    gc.collect()
    assert origins._known == {}
