"""A browser of its own per product, and what can be asked of it."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

import psutil
from playwright.sync_api import CDPSession, Page, Response, sync_playwright

from millstream.cli.demo_filling import SPIKE

Figures = dict[str, float | None]

PROBE = (Path(__file__).parent / "ui_probe.js").read_text()
SIZE = (1440, 900)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SPIKES_OF_A_METRIC = 10
QUIET_MS = 1_500
REST_S = 0.5
LONGEST_UNREST = 60


class Chromium:
    """The system's Chromium, headless, for a `with` block; `page` is the page shown last."""

    page: Page

    def __init__(self) -> None:
        program = chromium()
        self._playwright = sync_playwright().start()
        self._browser = self._playwright.chromium.launch(executable_path=program, args=FLAGS)

    def __enter__(self) -> Chromium:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._browser.close()
        self._playwright.stop()

    def load(self, address: str) -> Figures:
        """Open the runs in an empty browser, then once more with what it has kept."""
        page = self._new_page()
        network = Network(page.context.new_cdp_session(page))
        page.goto(address, wait_until="commit")
        cold = page.evaluate("probe.usable()")
        page.wait_for_timeout(QUIET_MS)
        paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
        sizes = network.sizes()
        page.goto("about:blank")
        page.goto(address, wait_until="commit")
        warm = page.evaluate("probe.usable()")
        page.wait_for_timeout(QUIET_MS)
        return {
            "runs page, cold: first paint (ms)": paint,
            "runs page, cold: rows usable (ms)": cold,
            "runs page, warm: rows usable (ms)": warm,
            **sizes,
        }

    def change(self, place: str) -> float | None:
        """Go to another address of the same page; ms until other rows are on the screen."""
        found: float | None = self.page.evaluate(f"probe.changed({json.dumps(place)})")
        self.page.wait_for_timeout(QUIET_MS)
        return found

    def scroll(self, distance: int, speed: int) -> Figures:
        """Let so many pixels go by, at so many per second."""
        found = self.page.evaluate(f"probe.scroll({distance}, {speed})")
        return {
            "frames per second while 20,000 pixels scroll by": found["rate"],
            "longest frame while scrolling (ms)": found["longest"],
            "frames of scrolling that show rows (%)": found["shown"] * 100,
        }

    def memory(self) -> Figures:
        """What the page takes once its garbage is collected."""
        session = self.page.context.new_cdp_session(self.page)
        session.send("Performance.enable")
        session.send("HeapProfiler.collectGarbage")
        metrics = {m["name"]: m["value"] for m in session.send("Performance.getMetrics")["metrics"]}
        resident = max(process.memory_info().rss for process in _renderers())
        return {
            "heap of JavaScript after scrolling (MB)": metrics["JSHeapUsedSize"] / 1e6,
            "resident memory of the page's process (MB)": resident / 1e6,
        }

    def charts(self, address: str) -> Figures:
        """Open the charts of a run and zoom into the first of them."""
        page = self._new_page()
        spikes = Spikes()
        page.on("response", spikes.hear)
        page.goto(address, wait_until="commit")
        drawn = page.evaluate("probe.drawn()")
        plots = page.evaluate("probe.plots()")
        kept = spikes.share()
        return {
            "long run: charts in sight drawn (ms)": drawn,
            "long run: charts in sight": plots,
            "long run: spikes kept (%)": None if kept is None else kept * 100,
            "long run: zoomed (ms)": self._zoom() if plots else None,
        }

    def opened(self, runs: str, place: str) -> Figures:
        """Open the runs and, once they have come to rest, the charts of one of them."""
        page = self._new_page()
        page.goto(runs, wait_until="commit")
        page.evaluate("probe.usable()")
        page.wait_for_timeout(QUIET_MS)
        drawn = page.evaluate(f"probe.opened({json.dumps(place)})")
        return {"long run, from the runs page: charts in sight drawn (ms)": drawn}

    def _zoom(self) -> float | None:
        plot = self.page.locator(".u-over, .js-plotly-plot .nsewdrag").first
        box = plot.bounding_box()
        if box is None:
            return None
        middle = box["y"] + box["height"] / 2
        self.page.evaluate("probe.watchZoom()")
        self.page.mouse.move(box["x"] + box["width"] * 0.4, middle)
        self.page.mouse.down()
        self.page.mouse.move(box["x"] + box["width"] * 0.6, middle, steps=6)
        self.page.mouse.up()
        found: float | None = self.page.evaluate("redrawn")
        return found

    def _new_page(self) -> Page:
        size = {"width": SIZE[0], "height": SIZE[1]}
        context = self._browser.new_context(viewport=size)  # type: ignore[arg-type]  # ViewportSize
        self.page = context.new_page()
        self.page.set_default_timeout(120_000)
        self.page.add_init_script(PROBE)
        _wait_for_rest()
        return self.page


def chromium() -> str:
    """The system's Chromium; the variable CHROMIUM names another one."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if found is None:
        raise RuntimeError("Chromium is not installed; install it, or name it in CHROMIUM")
    return found


def _wait_for_rest() -> None:
    """Wait until no page of the browser works.

    With each window Chromium loads pages of its own for its controls, about a second of work that
    would take a processor from what is measured.
    """
    before = _work()
    for _ in range(LONGEST_UNREST):
        time.sleep(REST_S)
        now = _work()
        if now == before:
            return
        before = now
    raise RuntimeError(f"Chromium did not come to rest within {LONGEST_UNREST * REST_S:.0f} s")


def _work() -> float:
    """The processor time that all pages of the browser have taken, in s."""
    return sum(sum(process.cpu_times()[:2]) for process in _renderers())


def _renderers() -> Iterator[psutil.Process]:
    for process in psutil.Process().children(recursive=True):
        if "--type=renderer" in process.cmdline():
            yield process


class Network:
    """Counts what comes over the network, in the bytes that travel."""

    def __init__(self, session: CDPSession) -> None:
        self._kinds: dict[str, str] = {}
        self._bytes: dict[str, float] = {}
        session.on("Network.responseReceived", self._hear_response)
        session.on("Network.loadingFinished", self._hear_end)
        session.send("Network.enable")

    def _hear_response(self, event: dict[str, Any]) -> None:
        self._kinds[event["requestId"]] = event["type"]

    def _hear_end(self, event: dict[str, Any]) -> None:
        self._bytes[event["requestId"]] = event["encodedDataLength"]

    def sizes(self) -> Figures:
        """What came until now."""
        scripts = [key for key, kind in self._kinds.items() if kind == "Script"]
        return {
            "runs page, cold: JavaScript, compressed (KB)": sum(
                self._bytes.get(key, 0) for key in scripts
            )
            / 1024,
            "runs page, cold: all bytes (KB)": sum(self._bytes.values()) / 1024,
            "runs page, cold: responses": len(self._kinds),
        }


class Spikes:
    """Collects the spikes of the long series that answers carry, whatever their shape."""

    def __init__(self) -> None:
        self._answers: list[Response] = []

    def hear(self, response: Response) -> None:
        """Remember an answer that may hold a series."""
        if "metrics" in response.url:
            self._answers.append(response)

    def share(self) -> float | None:
        """The share of the spikes of the metrics seen that came; None without any series."""
        seen: dict[str, set[int]] = {}
        for answer in self._answers:
            if answer.status == 200 and "json" in answer.headers.get("content-type", ""):
                for key, step, value in _points(answer.json()):
                    spikes = seen.setdefault(key, set())
                    if value == SPIKE:
                        spikes.add(step)
        found = {key: steps for key, steps in seen.items() if key.startswith("loss/part_")}
        if not found:
            return None
        return sum(map(len, found.values())) / (SPIKES_OF_A_METRIC * len(found))


def _points(answer: Any) -> Iterator[tuple[str, int, Any]]:
    """Key, step and value of every point in an answer: columns as ours, or one struct each."""
    if isinstance(answer, list):
        for item in answer:
            yield from _points(item)
    elif isinstance(answer, dict):
        key = str(answer.get("metric_key") or answer.get("key"))
        if "steps" in answer and "values" in answer:
            for step, value in zip(answer["steps"], answer["values"], strict=True):
                yield key, step, value
        elif "step" in answer and "value" in answer:
            yield key, answer["step"], answer["value"]
        else:
            for value in answer.values():
                yield from _points(value)
