"""Series from a server that has only histories: fetched whole, thinned here."""

from __future__ import annotations

from collections.abc import Iterable

from millstream.entities.metrics import GetSeries, Metric, Series


def thinned(run_id: str, key: str, points: Iterable[Metric], request: GetSeries) -> Series | None:
    """One metric of one run as columns; None if it has no point in the range."""
    kept = sorted(
        (point for point in points if _in_range(point.step, request)),
        key=lambda point: (point.step, point.timestamp),
    )
    if not kept:
        return None
    shown = kept if len(kept) <= request.buckets else _thin(kept, request.buckets)
    return Series(
        run_id=run_id,
        metric_key=key,
        total=len(kept),
        steps=[point.step for point in shown],
        timestamps=[point.timestamp for point in shown],
        values=[point.value for point in shown],
    )


def _in_range(step: int, request: GetSeries) -> bool:
    after = request.start_step is None or step >= request.start_step
    return after and (request.end_step is None or step <= request.end_step)


def _thin(points: list[Metric], buckets: int) -> list[Metric]:
    first, last = points[0].step, points[-1].step
    width = max(1, -(-(last - first + 1) // buckets))
    groups: dict[int, list[int]] = {}
    for index, point in enumerate(points):
        groups.setdefault((point.step - first) // width, []).append(index)
    kept: set[int] = set()
    for group in groups.values():
        numbers = [index for index in group if points[index].value == points[index].value]
        kept.update((group[0], group[-1]))
        if numbers:
            kept.add(min(numbers, key=lambda index: points[index].value))
            kept.add(max(numbers, key=lambda index: points[index].value))
    return [points[index] for index in sorted(kept)]
