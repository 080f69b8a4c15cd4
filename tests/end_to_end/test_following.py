"""A server that follows an alias of the registry while clients keep asking it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
import urllib3
from tests.end_to_end.test_serving import HEADERS, serving
from tests.patience import patient_request

from millstream import MillstreamClient

CLIENTS = 4
REFUSED = 'millstream_serving_version_changes_total{model="prices",outcome="refused"} 0.0'
TRAIN = """
import numpy as np
import millstream
from sklearn.linear_model import LinearRegression

class Broken(millstream.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        if millstream.active_run() is None:
            raise ValueError("there is no table of exchange rates")
        return model_input

x = np.array([[0.0], [1.0]])
options = {"input_example": x, "pip_requirements": ["scikit-learn"]}
with millstream.start_run():
    for slope in (1.0, 2.0, 3.0):
        model = LinearRegression().fit(x, [0.0, slope])
        millstream.sklearn.log_model(
            model, name="net", registered_model_name="prices", **options
        )
    millstream.pyfunc.log_model(
        name="net", python_model=Broken(), registered_model_name="prices", **options
    )
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Versions 1 to 3 answer 1 with 1, 2 and 3; version 4 cannot answer."""
    tmp_path = tmp_path_factory.mktemp("followed")
    names = {name: value for name, value in os.environ.items() if "FLOW_" not in name}
    words = [sys.executable, "-W", "ignore", "-c", TRAIN]
    done = subprocess.run(words, cwd=tmp_path, env=names, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return tmp_path


class Asking:
    """Clients that ask a server all the time, and what they were answered."""

    def __init__(self, url: str) -> None:
        self.answers: Counter[float] = Counter()
        self.failures: list[str] = []
        self._url = f"{url}/invocations"
        self._enough = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(CLIENTS)]

    def __enter__(self) -> Asking:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._enough.set()
        for thread in self._threads:
            thread.join()

    def until_only(self, answer: float) -> None:
        """Wait until all clients are answered with nothing else any more."""

        def only() -> bool:
            before = self.answers.copy()
            wait_for(lambda: (self.answers - before).total() > 10 * CLIENTS)
            return set(self.answers - before) == {answer}

        wait_for(only)

    def _ask(self) -> None:
        pool = urllib3.PoolManager(retries=False)
        while not self._enough.is_set():
            try:
                body = b'{"inputs": [[1.0]]}'
                answer = pool.request("POST", self._url, body=body, headers=HEADERS)
                (found,) = answer.json()["predictions"]
                self.answers[round(found, 6)] += 1
            except Exception as error:  # noqa: BLE001  # each is a request that was dropped
                self.failures.append(repr(error))


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it did not happen within a minute"
        time.sleep(0.02)


def metrics(url: str) -> list[str]:
    return patient_request("GET", f"{url}/metrics").data.decode().splitlines()


@pytest.mark.parametrize("workers", [1, 2])
def test_the_alias_moves_under_load(folder: Path, workers: int) -> None:
    client = MillstreamClient(folder / "mlruns")
    client.set_registered_model_alias("prices", "champion", 1)
    options = ["-m", "models:/prices@champion", "--follow", "--follow-seconds", "0.2"]
    options += ["--env-manager", "local", "--workers", str(workers)]
    with serving(folder, *options) as (url, process):

        def until_all_serve(version: int) -> None:
            line = f'millstream_serving_version{{model="prices",version="{version}"}} {workers}.0'
            wait_for(lambda: line in metrics(url))

        with Asking(url) as asking:
            until_all_serve(1)
            asking.until_only(1.0)
            for version in (2, 1, 3):
                client.set_registered_model_alias("prices", "champion", version)
                until_all_serve(version)
                asking.until_only(float(version))
            client.set_registered_model_alias("prices", "champion", 4)
            wait_for(lambda: REFUSED not in metrics(url))
            asking.until_only(3.0)
        assert asking.failures == []
        assert set(asking.answers) == {1.0, 2.0, 3.0}
        until_all_serve(3)
        assert patient_request("GET", f"{url}/ping").status == 200
        process.terminate()
        log = process.communicate(timeout=60)[1]
    assert "Version 4 of the model 'prices' is refused" in log
    assert "there is no table of exchange rates" in log
    assert "Version 3 serves on." in log
    assert log.count("is version 2 from now on") == workers


def test_a_version_that_never_changes_is_not_followed(folder: Path) -> None:
    words = [sys.executable, "-m", "millstream.cli.main", "models", "serve", "--follow"]
    for uri in ("models:/prices/1", "net"):
        done = subprocess.run([*words, "-m", uri], cwd=folder, capture_output=True, text=True)
        assert done.returncode == 2
        assert f"'{uri}' always names the same model" in done.stderr
