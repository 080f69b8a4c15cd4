"""What is logged appears by itself, and while nothing happens nothing is asked."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect
from tests.browser.conftest import Watched, serving

from millstream.entities import metrics as m
from millstream.entities import runs as r
from millstream.rest.remote import RemoteStore
from millstream.store.sql.database import Database
from millstream.store.sql.store import SqlStore

pytestmark = pytest.mark.browser

WITHIN = 10_000  # milliseconds: sooner than a page asks again that is not told
NOTHING_FOR_SECONDS = 5.0


class Training:
    """A server, and a run that logs to it."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.store = RemoteStore(address)
        self.run_id = self.store.runs.create(r.CreateRun("0", "ada", "busy")).result().info.run_id
        for step in range(3):
            self.log(step, 0.5)

    def log(self, step: int, value: float) -> None:
        point = m.Metric("loss", value, int(time.time() * 1000), step)
        self.store.runs.log_batch(r.LogBatch(self.run_id, [point])).result()


@pytest.fixture
def training(tmp_path: Path) -> Iterator[Training]:
    with serving(tmp_path) as address:
        started = Training(address)
        yield started
        started.store.close()


def asked(page: Page) -> list[str]:
    """The addresses that a page asks for from now on."""
    addresses: list[str] = []
    page.on("request", lambda request: addresses.append(request.url))
    return addresses


def test_a_point_appears_in_the_facts_and_the_chart_of_a_run(
    training: Training, watched: Watched
) -> None:
    page = watched.open(f"{training.address}/#/experiments/0/runs/{training.run_id}")
    facts = page.get_by_role("region", name="What the run logged")
    expect(facts.locator(".fact.metric", has_text="loss")).to_contain_text("0.5")
    expect(page.get_by_role("img").first).to_be_visible()

    series: list[str] = []

    def read(route: Route) -> None:  # here, since the browser forgets what the page has read
        answer = route.fetch()
        series.append(answer.text())
        route.fulfill(response=answer)

    page.route("**/metrics/series**", read)
    training.log(3, 0.0625)
    expect(facts.get_by_text("0.0625").first).to_be_visible(timeout=WITHIN)
    ends = time.monotonic() + WITHIN / 1_000
    while not any("0.0625" in answer for answer in series):
        assert time.monotonic() < ends, f"not drawn: {series}"
        page.wait_for_timeout(50)
    page.unroute_all(behavior="wait")  # what is being read when the page closes would be an error


def test_a_point_appears_in_the_table_and_silence_costs_nothing(
    training: Training, watched: Watched
) -> None:
    page = watched.open("about:blank")
    with page.expect_response("**/api/v1/session"):  # which a page at rest asks for last
        page.goto(f"{training.address}/#/experiments/0?show=metrics.loss")
    row = page.get_by_role("grid").locator(".grid-row", has_text="busy")
    expect(row).to_contain_text("0.5")
    requests = asked(page)
    page.wait_for_timeout(1_500)
    while requests:  # of those that it asks for as it opens
        requests.clear()
        page.wait_for_timeout(1_500)
    page.wait_for_timeout(NOTHING_FOR_SECONDS * 1_000)
    assert requests == []

    training.log(3, 0.0625)
    expect(row).to_contain_text("0.0625", timeout=WITHIN)
    assert any("runs/table" in address for address in requests)
    assert not any("experiments/search" in address for address in requests)


def test_what_a_script_writes_into_the_database_appears_too(
    training: Training, watched: Watched, tmp_path: Path
) -> None:
    page = watched.open(f"{training.address}/#/experiments/0")
    expect(page.get_by_role("link", name="busy")).to_be_visible()
    page.wait_for_timeout(1_500)
    store = SqlStore(Database(f"sqlite:///{tmp_path / 'mlruns' / 'millstream.db'}"), "/artifacts")
    store.runs.create(r.CreateRun("0", "ada", "from elsewhere")).result()
    store.close()
    expect(page.get_by_role("link", name="from elsewhere")).to_be_visible(timeout=WITHIN)
