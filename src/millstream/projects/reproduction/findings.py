"""What two runs differ in, ranked by how likely it is the cause of what else differs.

| cause | what is compared |
| --- | --- |
| `code` | repository, commit, entry point, each file that is another one |
| `environment` | image, version of Python, then each package |
| `data` | the digest of each dataset that was logged as an input, by its name |
| `seed` | params whose name says that they are one |
| `params` | all other params |
| `hardware` | processor, memory, graphics processors, operating system |
| `metrics` | last values: the outcome, and cause of nothing |

What one of the two runs did not record is not compared, and said to be unknown.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Literal, get_args

import msgspec
from packaging.utils import canonicalize_name

from millstream.client.context import GIT_COMMIT, GIT_URL
from millstream.errors import InvalidParameter
from millstream.projects.launch.containers.starting import IMAGE_ID
from millstream.projects.reproduction.changes import Changes
from millstream.projects.reproduction.record import Record

Cause = Literal["code", "environment", "data", "seed", "params", "hardware", "metrics"]
CAUSES: tuple[Cause, ...] = get_args(Cause)
"""From the likeliest to the unlikeliest."""

TOLERANCE = 1e-9
"""How far apart two values of a metric may be, relative to the larger one.

Double precision has 1.1e-16. Sums in another order, as threads and vector instructions make them,
differ in the last few digits of it; a row, a package or a seed that is another one shows in the
first six.
"""

_OWN_METRICS = "system/"
_ENTRY_POINT = "mlflow.project.entryPoint"
_SEED = re.compile(r"(?:^|[^a-z])(?:seed|random_state|rng)(?:$|[^a-z])|seed$", re.IGNORECASE)
_HARDWARE = ("cpu", "cpu_count", "cpu_cores", "memory", "gpus", "gpu_driver", "cuda", "os")
_PYTHON = ("python", "implementation")
_START = re.compile(r"^(?=diff --git )", re.MULTILINE)
_SECTION = re.compile(r"diff --git (?:a/.+? b/(.+)|\"a/.+\" \"b/(.+)\")$", re.MULTILINE)
_INDEX = re.compile(r"^index .*$", re.MULTILINE)

Pair = tuple[str, str | float | None, str | float | None]


class Finding(msgspec.Struct, frozen=True):
    """One thing that differs: what kind of cause it is, its name, and what each run has.

    What one of them does not have is None.
    """

    cause: Cause
    name: str
    expected: str | float | None
    got: str | float | None


class Comparison(msgspec.Struct, frozen=True):
    """All that two runs differ in, the likeliest cause first, and what could not be compared."""

    findings: tuple[Finding, ...]
    unknown: tuple[str, ...] = ()

    @property
    def causes(self) -> list[Finding]:
        """The findings but those about metrics."""
        return [finding for finding in self.findings if finding.cause != "metrics"]

    @property
    def metrics(self) -> list[Finding]:
        """The findings about metrics."""
        return [finding for finding in self.findings if finding.cause == "metrics"]


def compare(
    expected: Record,
    got: Record,
    tolerance: float = TOLERANCE,
    metrics: Collection[str] | None = None,
    changes: Changes | None = None,
) -> Comparison:
    """What a run has that another one was expected to have; of metrics those named, or all.

    `changes` are those between the commits of the two, if they are known. A tolerance below 0, and
    a metric that neither has, raise `InvalidParameter`.
    """
    if not tolerance >= 0:
        raise InvalidParameter(f"The tolerance {tolerance!r} must be a number from 0 on.")
    before, after = expected.run.data, got.run.data
    _check_names(metrics, before.metrics.keys() | after.metrics.keys())
    seeds_before, params_before = _split(before.params)
    seeds_after, params_after = _split(after.params)
    pairs: dict[Cause, Iterator[Pair]] = {
        "code": _code(expected, got, changes or Changes()),
        "environment": _environment(expected, got),
        "data": _differing(_datasets(expected), _datasets(got)),
        "seed": _differing(seeds_before, seeds_after),
        "params": _differing(params_before, params_after),
        "hardware": _facts(expected, got, _HARDWARE),
        "metrics": _metrics(before.metrics, after.metrics, tolerance, metrics),
    }
    found = tuple(Finding(cause, *pair) for cause in CAUSES for pair in pairs[cause])
    return Comparison(found, tuple(_unknown(expected, got, changes)))


def same_value(one: float, other: float, tolerance: float) -> bool:
    """Whether two values of a metric count as the same; NaN is the same as NaN."""
    if math.isnan(one) or math.isnan(other):
        return math.isnan(one) and math.isnan(other)
    return one == other or (
        math.isfinite(one)
        and math.isfinite(other)
        and math.isclose(one, other, rel_tol=min(tolerance, 1.0), abs_tol=0.0)
    )


def as_json(finding: Finding) -> dict[str, Any]:
    """A finding for JSON, in which NaN and the infinities are words."""
    return {name: _in_json(value) for name, value in msgspec.structs.asdict(finding).items()}


def comparable(metrics: Collection[str]) -> set[str]:
    """The names of the metrics but those that measure the machine."""
    return {name for name in metrics if not name.startswith(_OWN_METRICS)}


def is_seed(name: str) -> bool:
    """Whether a param of this name is a seed."""
    return _SEED.search(name) is not None


def _in_json(value: Any) -> Any:
    if not isinstance(value, float) or math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")


def _check_names(named: Collection[str] | None, known: Collection[str]) -> None:
    absent = sorted(set(named or ()) - set(known))
    if absent:
        raise InvalidParameter(
            f"Neither run has the metric '{absent[0]}'; they have {', '.join(sorted(known))}."
        )


def _split(params: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """The seeds, and the other params."""
    seeds = {name: value for name, value in params.items() if is_seed(name)}
    return seeds, {name: value for name, value in params.items() if name not in seeds}


def _differing(one: Mapping[str, str], other: Mapping[str, str]) -> Iterator[Pair]:
    """What both have comes before what only one of them has."""
    names = sorted(one.keys() | other.keys(), key=lambda n: (not (n in one and n in other), n))
    return ((n, one.get(n), other.get(n)) for n in names if one.get(n) != other.get(n))


def _code(one: Record, other: Record, changes: Changes) -> Iterator[Pair]:
    kinds = {GIT_COMMIT: "commit", GIT_URL: "repository", _ENTRY_POINT: "entry point"}
    yield from _differing(_tags(one, kinds), _tags(other, kinds))
    before = _together(changes.before, _changed_files(one))
    yield from _differing(before, _together(changes.after, _changed_files(other)))
    if changes.left_out:
        count = f"at least {changes.left_out}" if changes.is_cut else changes.left_out
        yield f"and {count} more files", None, None


def _together(committed: Mapping[str, str], changed: Mapping[str, str]) -> dict[str, str]:
    """What is said of each file: what its commit has, and how it is not as there."""
    names = committed.keys() | changed.keys()
    known = {n: [said[n] for said in (committed, changed) if n in said] for n in names}
    return {name: "; ".join(phrases) for name, phrases in known.items()}


def _tags(record: Record, kinds: Mapping[str, str]) -> dict[str, str]:
    """The tags that are meant, by the names they are called here."""
    return {kinds[key]: value for key, value in record.run.data.tags.items() if key in kinds}


def _changed_files(record: Record) -> dict[str, str]:
    """Each file that is not as in the commit, and how it is not."""
    text = record.difference.decode("utf-8", "surrogateescape")
    found = dict[str, str]()
    for section in _START.split(text):
        heading = _SECTION.match(section)
        if heading is not None:
            found[heading[1] or heading[2]] = _told(section)
    files = {name: f"untracked, SHA-256 {_digest(c)}" for name, c in record.files.items()}
    return found | files


def _told(section: str) -> str:
    """What a section of a patch does, without what depends on the size of the repository."""
    lines = section.splitlines()
    added = sum(line.startswith("+") and not line.startswith("+++ ") for line in lines)
    removed = sum(line.startswith("-") and not line.startswith("--- ") for line in lines)
    digest = _digest(_INDEX.sub("", section).encode("utf-8", "surrogateescape"))
    return f"changed by +{added} -{removed} lines, SHA-256 {digest}"


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]


def _environment(one: Record, other: Record) -> Iterator[Pair]:
    kinds = {IMAGE_ID: "image"}
    yield from _differing(_tags(one, kinds), _tags(other, kinds))
    yield from _facts(one, other, _PYTHON)
    before, after = _packages(one), _packages(other)
    if before is not None and after is not None:
        yield from _differing(before, after)


def _packages(record: Record) -> dict[str, str] | None:
    found = record.packages if record.packages is not None else record.lock
    if found is None:
        return None
    return {canonicalize_name(pin.name): pin.version for pin in found}


def _facts(one: Record, other: Record, names: Iterable[str]) -> Iterator[Pair]:
    """Facts of the machines, in this order."""
    if one.machine is None or other.machine is None:
        return
    for name in names:
        before, after = one.machine.get(name), other.machine.get(name)
        if before != after:
            yield name, _as_text(before), _as_text(after)


def _as_text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value)


def _datasets(record: Record) -> dict[str, str]:
    """The digests under each name, since a run may read several datasets of one name."""
    found: dict[str, set[str]] = {}
    for given in record.run.inputs.dataset_inputs:
        found.setdefault(given.dataset.name, set()).add(given.dataset.digest)
    return {name: ", ".join(sorted(digests)) for name, digests in found.items()}


def _metrics(
    one: Mapping[str, float],
    other: Mapping[str, float],
    tolerance: float,
    names: Collection[str] | None,
) -> Iterator[Pair]:
    chosen = comparable({*one, *other}) if names is None else set(names)
    for name in sorted(chosen):
        before, after = one.get(name), other.get(name)
        if before is None or after is None or not same_value(before, after, tolerance):
            yield name, before, after


def _unknown(one: Record, other: Record, changes: Changes | None) -> Iterator[str]:
    commits = {record.run.data.tags.get(GIT_COMMIT) for record in (one, other)} - {None}
    if len(commits) == 2 and changes is None:
        yield "the files of the two commits (no repository on this machine is known to have both)"
    for record in (one, other):
        whose = f"of run {record.run_id}"
        if not record.run.data.tags.get(GIT_COMMIT):
            yield f"the commit {whose}"
        elif record.tree is None and not record.difference:
            yield f"whether the code {whose} was changed after its commit"
        if _packages(record) is None:
            yield f"the packages {whose}"
        if record.machine is None:
            yield f"Python and the hardware {whose}"
        if not record.run.inputs.dataset_inputs:
            yield f"the data {whose}"
