"""What is found out of a logged estimator after its training: metrics of what it answers.

An answer is known by its identity for as long as it lives, and so is an estimator.
"""

from __future__ import annotations

import sys
import threading
import weakref
from collections.abc import Callable
from typing import Any, NamedTuple

from millstream.client.active import Current
from millstream.client.artifacts import ArtifactMethods
from millstream.client.runs import RunMethods
from millstream.integrations.autologging.configuration import get_autologging_config
from millstream.integrations.autologging.data import dataset_of, log_dataset
from millstream.integrations.autologging.recording import Record

FLAVOR = "sklearn"
INFO = "metric_info.json"
UNKNOWN = "unknown_dataset"
# Whose frames lie between a call of the user and the one here that looks for a variable's name.
_OWN = "millstream."


class Answer(NamedTuple):
    """An answer of an estimator: the run it belongs to, and the data it is about."""

    reference: weakref.ref[Any]
    run: Current
    data_name: str
    data: Callable[[], Any]


class Memory:
    """The estimators that were logged and their answers, as long as these live."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._estimators: dict[int, tuple[weakref.ref[Any], Current]] = {}
        self._answers: dict[int, Answer] = {}
        self._datasets: set[tuple[str, str]] = set()
        self._calls: dict[str, dict[tuple[str, str], list[str]]] = {}

    def remember(self, estimator: Any, run: Current) -> None:
        """Note to which run an estimator was logged last."""
        place = id(estimator)
        reference = weakref.ref(estimator, lambda _: self._estimators.pop(place, None))
        self._estimators[place] = (reference, run)

    def run_of(self, estimator: Any) -> Current | None:
        """The run that an estimator was logged to."""
        found = self._estimators.get(id(estimator))
        return found[1] if found is not None and found[0]() is estimator else None

    def note(self, answer: Any, run: Current, data_name: str, data: Any) -> None:
        """Note what an estimator answered; what no weak reference can be made to is forgotten."""
        place = id(answer)
        try:
            reference = weakref.ref(answer, lambda _: self._answers.pop(place, None))
            held = weakref.ref(data)
        except TypeError:
            return
        self._answers[place] = Answer(reference, run, data_name, held)

    def is_new(self, run_id: str, digest: str) -> bool:
        """Whether a dataset was not noted for this run before; it is from now on."""
        with self._lock:
            known = (run_id, digest) in self._datasets
            self._datasets.add((run_id, digest))
        return not known

    def answer(self, value: Any) -> Answer | None:
        """What is known of a value, if it is an answer."""
        found = self._answers.get(id(value))
        return found if found is not None and found.reference() is value else None

    def key(self, run_id: str, name: str, data_name: str, call: str) -> tuple[str, dict[str, str]]:
        """The name of the next metric of a run, `-2` and so on for repeated ones, and all calls."""
        with self._lock:
            calls = self._calls.setdefault(run_id, {})
            made = calls.setdefault((name, data_name), [])
            made.append(call)
            told = {
                _key(*pair, number): text
                for pair, texts in calls.items()
                for number, text in enumerate(texts, 1)
            }
            return _key(name, data_name, len(made)), told


MEMORY = Memory()


def remember(estimator: Any, run: Current) -> None:
    """Let what is found out of an estimator from now on be logged to the run of its training."""
    MEMORY.remember(estimator, run)


def predict(original: Callable[..., Any], estimator: Any, *arguments: Any, **keywords: Any) -> Any:
    """Predict, and note to which run the answer belongs."""
    answer = original(estimator, *arguments, **keywords)
    run = MEMORY.run_of(estimator)
    if run is not None and _is_wanted():
        data = arguments[0] if arguments else next(iter(keywords.values()), None)
        MEMORY.note(answer, run, name_of(data), data)
    return answer


def score(original: Callable[..., Any], estimator: Any, *arguments: Any, **keywords: Any) -> Any:
    """Score an estimator, and log that to the run of its training."""
    value = original(estimator, *arguments, **keywords)
    run = MEMORY.run_of(estimator)
    if run is not None and _is_wanted():
        data = arguments[0] if arguments else next(iter(keywords.values()), None)
        name = f"{type(estimator).__name__}_score"
        _log(run, name, name_of(data), value, f"{type(estimator).__name__}.score")
        _log_dataset(run, data)
    return value


def metric(original: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
    """Call a metric, and log it to the run of the estimator whose answer it is given."""
    value = original(*arguments, **keywords)
    if _is_wanted() and _is_number(value):
        given = (MEMORY.answer(one) for one in (*arguments, *keywords.values()))
        answer = next((one for one in given if one is not None), None)
        if answer is not None:
            name = original.__name__
            call = f"{name}({_call(arguments, keywords)})"
            _log(answer.run, name, answer.data_name, value, call)
            _log_dataset(answer.run, answer.data())
    return value


def name_of(data: Any) -> str:
    """What the caller calls these data: the variable in the nearest frame that is not ours."""
    frame = sys._getframe(1)
    while frame.f_back is not None and _is_ours(frame.f_globals.get("__name__", "")):
        frame = frame.f_back
    for variables in (frame.f_locals, frame.f_globals):
        for name, value in list(variables.items()):
            if value is data and not name.startswith("_"):
                return name
    return UNKNOWN


def _log(run: Current, name: str, data_name: str, value: Any, call: str) -> None:
    key, calls = MEMORY.key(run.run_id, name, data_name, call)
    record = Record(run.run_id, run.place)
    record.metrics({key: value})
    record.send()
    ArtifactMethods(run.place).log_dict(run.run_id, calls, INFO)


def _log_dataset(run: Current, data: Any) -> None:
    """Log, once, what data an estimator was asked about."""
    dataset = dataset_of(data) if get_autologging_config(FLAVOR, "log_datasets", True) else None
    if dataset is not None and MEMORY.is_new(run.run_id, dataset.digest):
        log_dataset(RunMethods(run.place), run.run_id, dataset, "eval")


def _key(name: str, data_name: str, number: int) -> str:
    return f"{name}{f'-{number}' if number > 1 else ''}_{data_name}"


def _call(arguments: tuple[Any, ...], keywords: dict[str, Any]) -> str:
    """The arguments of a call as somebody would write them."""
    texts = [_text(value) for value in arguments]
    return ", ".join([*texts, *(f"{name}={_text(value)}" for name, value in keywords.items())])


def _text(value: Any) -> str:
    if value is None or isinstance(value, int | float | str | bool):
        return repr(value)
    name = name_of(value)
    return f"<{type(value).__name__}>" if name == UNKNOWN else name


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) or getattr(value, "ndim", None) == 0


def _is_wanted() -> bool:
    return bool(get_autologging_config(FLAVOR, "log_post_training_metrics", True))


def _is_ours(module: str) -> bool:
    return module.startswith(_OWN)
