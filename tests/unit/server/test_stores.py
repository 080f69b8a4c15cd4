"""Runs and registered models in one store or in two: what changes in either is told."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path

import pytest

from millstream.entities import registered_models as rm
from millstream.entities import runs as r
from millstream.server.options import ServerOptions
from millstream.server.stores import JoinedNews, open_stores
from millstream.settings import Settings
from millstream.store.news import Change


class Looked:
    """News that answer a look as they are told to."""

    def __init__(self, answer: bool | None) -> None:
        self._answer = answer
        self.looks = 0

    def when_changed(self, call: Callable[[Collection[Change]], None]) -> None:
        """Nothing changes here."""

    def look_elsewhere(self) -> bool | None:
        """The answer."""
        self.looks += 1
        return self._answer


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ((False, False), False),
        ((True, False), True),
        ((False, True), True),
        ((None, True), True),
        ((None, False), None),
        ((False, None), None),
    ],
)
def test_a_look_at_two_stores(answers: tuple[bool | None, ...], expected: bool | None) -> None:
    sources = [Looked(answer) for answer in answers]
    assert JoinedNews(sources).look_elsewhere() is expected
    assert [source.looks for source in sources] == [1, 1]


@pytest.mark.parametrize("apart", [None, "registry", "store"])
def test_changes_of_both_are_told(tmp_path: Path, apart: str | None) -> None:
    options = ServerOptions(
        backend_store_uri=str(tmp_path / "store"),
        registry_store_uri=None if apart is None else str(tmp_path / apart),
    )
    stores = open_stores(options, Settings())
    assert (stores.registry is stores.tracking) == (apart != "registry")
    told: list[Change] = []
    assert stores.news is not None
    stores.news.when_changed(told.extend)
    run_id = stores.tracking.runs.create(r.CreateRun("0")).result().info.run_id
    stores.registry.registered_models.create(rm.CreateRegisteredModel("tree")).result()
    stores.close()
    assert {("run", run_id), ("model", "tree")} <= {(change.kind, change.name) for change in told}
