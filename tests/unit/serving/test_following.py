"""Following the registry, one look at a time."""

from __future__ import annotations

import asyncio
import gc
import sys
import weakref
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import millstream
from millstream.integrations import model_files
from millstream.serving.following import Follower, Making
from millstream.serving.metrics import Instruments, ModelMetrics
from millstream.serving.options import Followed, ServedModel
from millstream.serving.scheduling import Rules
from millstream.serving.served import Served
from millstream.serving.slot import Slot

pytestmark = pytest.mark.filterwarnings("ignore:.*both bring a module 'rates'")
INSTRUMENTS = Instruments()
URI = "models:/prices@champion"


class Counted:
    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()

    def serves(self, version: str, before: str | None) -> None:
        self.seen[f"{before} to {version}"] += 1

    def refused(self) -> None:
        self.seen["refused"] += 1

    def unanswered(self) -> None:
        self.seen["unanswered"] += 1


class Registry:
    """Models whose answer is in a module of their own, `rates`, the same name in all of them."""

    def __init__(self) -> None:
        self.client = millstream.MillstreamClient()

    def add(self, code: str, **options: Any) -> str:
        Path("rates.py").write_text(code)
        Path("asking.py").write_text(ASKING)
        sys.modules.pop("rates", None)
        millstream.pyfunc.log_model(
            name="net",
            python_model="asking.py",
            code_paths=["rates.py"],
            registered_model_name="prices",
            **{"pip_requirements": ["numpy"], **options},
        )
        sys.modules.pop("rates", None)
        Path("rates.py").unlink()
        Path("asking.py").unlink()
        return str(len(self.client.search_model_versions("name = 'prices'")))

    def move(self, version: str) -> None:
        self.client.set_registered_model_alias("prices", "champion", version)


ONLY_WHILE_SAVED = """
from pathlib import Path
RATE = 3 / Path("asking.py").exists()
"""
ASKING = """
import rates
import millstream
class Asking(millstream.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return [rates.RATE]
millstream.models.set_model(Asking())
"""


@pytest.fixture
def registry(new_session: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", str(tmp_path / "runs"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    return Registry()


def make(named: ServedModel) -> Served:
    return Served(named, Rules(), ModelMetrics(INSTRUMENTS, named.name))


async def load(model: Served) -> None:
    await model.load(True, None)


class Following:
    """A slot with version 1, and its follower."""

    def __init__(self) -> None:
        directory = millstream.artifacts.download_artifacts("models:/prices/1")
        followed = Followed(URI, "prices", "1")
        named = ServedModel("net", directory, followed)
        self.slot = Slot(make(named))
        self.counted = Counted()
        making = Making(make, load, asyncio.Lock())
        self.follower = Follower(self.slot, named, followed, making, self.counted)

    async def look(self) -> Any:
        """What the model answers after a look at the registry."""
        await self.follower._look()
        return self.slot.model.model.predict([[1.0]])[0]


def test_versions_with_code_of_their_own_take_over_and_back(registry: Registry) -> None:
    for code in ("RATE = 1", "RATE = 2", ONLY_WHILE_SAVED):
        registry.add(code)
    registry.move("1")

    async def follow() -> list[int]:
        following = Following()
        await load(following.slot.model)
        answers = [await following.look()]
        before = weakref.ref(following.slot.model)
        for version in ("2", "3", "1"):
            registry.move(version)
            answers.append(await following.look())
        while following.slot._leaving:
            await asyncio.sleep(0.01)
        gc.collect()
        assert before() is None, "the model that was replaced is still held by somebody"
        assert following.counted.seen == {"1 to 2": 1, "refused": 1, "2 to 1": 1}
        return answers

    assert asyncio.run(follow()) == [1, 2, 2, 1]


def test_what_was_fetched_goes_with_the_version(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    for code in ("RATE = 1", "RATE = 2", "RATE = 3"):
        registry.add(code)
    registry.move("1")
    fetched: list[Path] = []

    def fetch(uri: str) -> Path:
        fetched.append(model_files.local_path(uri, model_files._temporary()))
        return fetched[-1]

    monkeypatch.setattr("millstream.serving.following.local_path", fetch)

    async def follow() -> None:
        following = Following()
        await load(following.slot.model)
        for version in ("2", "3"):
            registry.move(version)
            assert await following.look() == int(version)
        while following.slot._leaving:
            await asyncio.sleep(0.01)
        assert [path.exists() for path in fetched] == [False, True]
        running = asyncio.ensure_future(following.follower.run())
        await asyncio.sleep(0)
        running.cancel()
        await asyncio.wait([running])
        assert not fetched[1].exists()

    asyncio.run(follow())


def test_a_request_is_finished_by_the_version_that_began_it(registry: Registry) -> None:
    for rate in ("1", "2"):
        registry.add(f"RATE = {rate}")
    registry.move("1")

    async def follow() -> None:
        following = Following()
        slot = following.slot
        await load(slot.model)
        asked = slot.model
        asked.in_flight += 1
        registry.move("2")
        assert await following.look() == 2
        await asyncio.sleep(0.1)
        assert slot.in_flight == 1
        assert await asked._threads.call(lambda: asked.model.predict([[1.0]])) == [1]
        asked.in_flight -= 1
        while slot._leaving:
            await asyncio.sleep(0.01)

    asyncio.run(follow())


def test_a_version_for_another_environment_is_refused(
    registry: Registry, caplog: pytest.LogCaptureFixture
) -> None:
    registry.add("RATE = 1")
    registry.add("RATE = 2", pip_requirements=["no-such-package==9"])
    registry.move("2")

    async def follow() -> None:
        following = Following()
        await load(following.slot.model)
        for _ in range(3):
            assert await following.look() == 1
        assert following.counted.seen == {"refused": 1}  # and not tried again at once

    asyncio.run(follow())
    (said,) = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert "Version 2 of the model 'net' is refused: it needs another environment" in said
    assert "no-such-package" in said
    assert said.endswith("Version 1 serves on.")


def test_a_registry_that_cannot_say_leaves_the_version(
    registry: Registry, caplog: pytest.LogCaptureFixture
) -> None:
    registry.add("RATE = 1")
    registry.add("RATE = 2")
    registry.move("1")

    async def follow() -> None:
        following = Following()
        await load(following.slot.model)
        registry.client.delete_registered_model_alias("prices", "champion")
        for _ in range(2):
            assert await following.look() == 1
        registry.move("2")
        assert await following.look() == 2
        assert following.counted.seen == {"unanswered": 2, "1 to 2": 1}

    asyncio.run(follow())
    said = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert len(said) == 1
    assert f"The registry cannot say which version {URI} is" in said[0]
