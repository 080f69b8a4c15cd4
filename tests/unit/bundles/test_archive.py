"""Bundles as files: what goes in comes out, and what was not put in by us is refused."""

from __future__ import annotations

import math
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from millstream.bundles import archive, points
from millstream.bundles.contents import (
    FORMAT,
    BundledFile,
    BundledRun,
    Contents,
    Origin,
    encode,
    metrics_path,
)
from millstream.bundles.live import LiveBundle
from millstream.bundles.side import Side
from millstream.entities.metrics import Metric
from millstream.entities.model_versions import ModelVersion, ModelVersionTag
from millstream.entities.registered_models import RegisteredModel
from millstream.entities.registry_events import RegistryEvent
from millstream.entities.runs import Param, Run, RunData, RunInfo
from millstream.errors import InvalidParameter, MillstreamError

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
NUMBERS = st.floats() | st.integers(-3, 3).map(float)
NAMES = st.text("abcxyz.-_ ü", min_size=1, max_size=8).filter(lambda name: set(name) != {"."})
PATHS = st.lists(NAMES.map(lambda name: f"f{name}"), min_size=1, max_size=3).map("/".join)


class Held:
    """A bundle in memory."""

    def __init__(self, contents: Contents, files: dict[str, bytes]) -> None:
        self._files = files
        listed = [BundledFile(path) for path in sorted(files)]
        self.contents = msgspec.structs.replace(contents, files=listed)

    def read(self, path: str) -> Iterator[bytes]:
        content = self._files[path]
        yield content[:3]
        yield content[3:]


def apart(paths: list[str]) -> bool:
    """Whether none of the paths is a folder of another."""
    return not any(f"{one}/" in f"{other}/" for one in paths for other in paths if one != other)


@st.composite
def bundles(draw: st.DrawFn) -> Held:
    run_id = draw(st.text("0123456789abcdef", min_size=32, max_size=32))
    latest = [Metric("m", draw(NUMBERS), 1, 2), Metric("n", math.nan, 1)]
    params = [Param(key, draw(TEXTS)) for key in draw(st.sets(NAMES))]
    info = RunInfo(run_id, "1", draw(TEXTS), "FINISHED", 1, draw(st.none() | st.integers(0, 9)))
    tags = [ModelVersionTag(key, draw(TEXTS)) for key in draw(st.sets(NAMES))]
    version = ModelVersion("m", "3", 5, description=draw(TEXTS), tag_list=tags, run_id=run_id)
    events = [RegistryEvent(1, "c", 2, "STAGE_CHANGED", "m", "3", comment=draw(TEXTS))]
    contents = Contents(
        format=FORMAT,
        made_by="millstream",
        origin=Origin("f" * 64, draw(TEXTS), "m", "3"),
        registered_model=RegisteredModel("m", description=draw(st.none() | TEXTS)),
        version=version,
        experiment_name=draw(TEXTS),
        runs=[BundledRun(Run(info, RunData(latest, params)), "e")],
        model_path=draw(st.none() | PATHS),
        events=events,
    )
    drawn = draw(st.dictionaries(PATHS, st.binary(max_size=50), max_size=4))
    files = {f"model/{path}": content for path, content in drawn.items()}
    if not apart(list(files)):
        files = {}
    files |= {"model/MLmodel": b"flavors: {}", metrics_path(run_id): draw(st.binary(max_size=9))}
    return Held(contents, files)


@given(bundles())
@settings(max_examples=60, deadline=None)
def test_what_goes_in_comes_out(held: Held) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "b.zip")
        written = archive.write(held, path)
        first = path.read_bytes()
        with archive.ZipBundle(path) as bundle:
            bundle.verify()
            assert encode(bundle.contents) == encode(written)
            for file in held.contents.files:
                content = b"".join(bundle.read(file.path))
                assert content == b"".join(held.read(file.path))
            again = archive.write(bundle, Path(folder, "again.zip"))
            assert encode(again) == encode(written)
        assert Path(folder, "again.zip").read_bytes() == first


@given(st.lists(st.tuples(st.sampled_from("abc"), NUMBERS, st.integers(0, 9), st.integers(-9, 9))))
@settings(deadline=None)
def test_points_survive_their_lines_however_these_are_cut(
    drawn: list[tuple[str, float, int, int]],
) -> None:
    metrics = [Metric(*point) for point in drawn]

    class Metrics:
        def stream_history(self, request: Any) -> Iterator[list[Metric]]:
            key = request.metric_key
            same = [metric for metric in metrics if metric.key == key]
            yield same[:2]
            yield same[2:]

    class Store:
        metrics = Metrics()

    run = Run(RunInfo("r", "1", "", "FINISHED"), RunData(metrics))
    text = b"".join(points.lines(Store(), run))  # type: ignore[arg-type]  # a part of a store
    cut = [text[start : start + 7] for start in range(0, len(text), 7)]
    back = [metric for part in points.parse(cut, "p") for metric in part]
    assert list(map(repr, back)) == list(map(repr, sorted(metrics, key=lambda one: one.key)))


@pytest.fixture
def path(origin: Side, version: ModelVersion, tmp_path: Path) -> Path:
    file = tmp_path / "good.zip"
    archive.write(LiveBundle(origin, version), file)
    return file


def contents_of(path: Path) -> tuple[bytes, dict[str, bytes]]:
    with archive.ZipBundle(path) as bundle:
        bundle.verify()
        files = {one.path: b"".join(bundle.read(one.path)) for one in bundle.contents.files}
        return encode(bundle.contents), files


def test_the_same_version_gives_the_same_bytes(
    origin: Side, version: ModelVersion, path: Path, tmp_path: Path
) -> None:
    archive.write(LiveBundle(origin, version), tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == path.read_bytes()
    with zipfile.ZipFile(path) as found:
        names = found.namelist()
    assert names[-1] == "manifest.json"
    assert names[:-1] == sorted(names[:-1])


@given(st.data())
@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_a_changed_byte_is_noticed_or_says_nothing(path: Path, data: st.DataObject) -> None:
    good = contents_of(path)
    content = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive_:
        directory = st.integers(archive_.start_dir, len(content) - 1)
    where = data.draw(directory | st.integers(0, len(content) - 1))
    content[where] ^= data.draw(st.integers(1, 255))
    changed = path.with_name("changed.zip")
    changed.write_bytes(content)
    with suppress(MillstreamError):
        assert contents_of(changed) == good


@given(st.data())
@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_file_that_was_cut_off_is_refused(path: Path, data: st.DataObject) -> None:
    content = path.read_bytes()
    cut = path.with_name("cut.zip")
    cut.write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])
    with pytest.raises(MillstreamError, match=r"cut\.zip"):
        contents_of(cut)


def rewritten(
    path: Path, change: Callable[[dict[str, tuple[zipfile.ZipInfo, bytes]]], None]
) -> Path:
    """The bundle with other entries."""
    with zipfile.ZipFile(path) as old:
        entries = {info.filename: (info, old.read(info)) for info in old.infolist()}
    change(entries)
    bad = path.with_name("bad.zip")
    with zipfile.ZipFile(bad, "w") as new:
        for info, content in entries.values():
            new.writestr(info, content, info.compress_type)
    return bad


def replaced(path: Path, change: Callable[[dict[str, object]], object]) -> Path:
    """The bundle with another manifest."""

    def with_manifest(entries: dict[str, tuple[zipfile.ZipInfo, bytes]]) -> None:
        info, content = entries["manifest.json"]
        values = msgspec.json.decode(content)
        change(values)
        entries["manifest.json"] = (info, msgspec.json.encode(values))

    return rewritten(path, with_manifest)


def entry(name: str, **more: int) -> tuple[zipfile.ZipInfo, bytes]:
    info = zipfile.ZipInfo(name)
    for key, value in more.items():
        setattr(info, key, value)
    return info, b"x" * 100_000


@pytest.mark.parametrize(
    ("added", "reason"),
    [
        (entry("../outside"), "not allowed"),
        (entry("/etc/passwd"), "not allowed"),
        (entry("model/../../outside"), "not allowed"),
        (entry("model//double"), "not allowed"),
        (entry("model/a\\b"), "not allowed"),
        (entry("model/%2e%2e/%2e%2e/x"), "not allowed"),
        (entry("model/link", external_attr=0o120777 << 16), "symbolic link"),
        (entry("model/bomb", compress_type=zipfile.ZIP_DEFLATED), "compressed"),
        (entry("model/MLmodel/below"), "below a file"),
        (entry("model/extra"), "not those in its manifest"),
        (entry("other/extra"), "not those in its manifest"),
    ],
)
def test_entries_that_do_not_belong_are_refused(
    path: Path, added: tuple[zipfile.ZipInfo, bytes], reason: str
) -> None:
    bad = rewritten(path, lambda entries: entries.update({"added": added}))
    with pytest.raises(InvalidParameter, match=rf"bad\.zip.*{reason}"):
        archive.ZipBundle(bad)


def test_entries_that_share_their_bytes_are_refused(path: Path) -> None:
    """The bomb that needs no compression: many entries over the same bytes."""
    content = path.read_bytes()
    with zipfile.ZipFile(path) as good:
        start = good.start_dir
        record = content[start : content.rindex(b"PK\5\6")]
    whole = content.rindex(b"PK\5\6")
    copies = b"".join(record.replace(b"model/", b"mod%02d/" % n) for n in range(10, 99))
    count = (len(copies) and 89 * record.count(b"PK\1\2")).to_bytes(2, "little")
    end = bytearray(content[whole:])
    end[8:10] = end[10:12] = count
    end[12:16] = len(copies).to_bytes(4, "little")
    bomb = path.with_name("bomb.zip")
    bomb.write_bytes(content[:start] + copies + bytes(end))
    with pytest.raises(InvalidParameter, match=r"bomb\.zip"):
        archive.ZipBundle(bomb)


def test_a_missing_or_other_file_is_noticed(path: Path) -> None:
    lacking = rewritten(path, lambda entries: entries.pop("model/model.skops") and None)
    with pytest.raises(InvalidParameter, match=r"not those in its manifest: 'model/model\.skops'"):
        archive.ZipBundle(lacking)

    def swap(entries: dict[str, tuple[zipfile.ZipInfo, bytes]]) -> None:
        info, content = entries["model/model.skops"]
        entries["model/model.skops"] = (info, content[::-1])

    damaged = r"'model/model\.skops' does not have the SHA"
    with (
        archive.ZipBundle(rewritten(path, swap)) as bundle,
        pytest.raises(MillstreamError, match=damaged),
    ):
        bundle.verify()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda values: values.update(format=2), "newer one wrote it"),
        (lambda values: values.pop("version"), "cannot be understood"),
        (lambda values: values.update(runs=[]), "do not go together"),
        (lambda values: values.update(model_path="../x"), "is at '../x', which is not allowed"),
        (lambda values: values["files"].pop(), "not those in its manifest"),
        (lambda values: values["files"][-1].update(size=1), "by the manifest 1"),
        (lambda values: values["files"][-1].update(sha256="no"), "no SHA-256"),
        (lambda values: values["files"].append(values["files"][0]), "twice"),
        (lambda values: values["origin"].update(name="a/b"), "cannot contain '/'"),
    ],
)
def test_manifests_that_do_not_fit_are_refused(
    path: Path, change: Callable[[dict[str, object]], object], reason: str
) -> None:
    with pytest.raises(InvalidParameter, match=reason):
        archive.ZipBundle(replaced(path, change))


def test_what_is_no_bundle_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("hello")
    with pytest.raises(InvalidParameter, match="it is no zip file"):
        archive.ZipBundle(tmp_path / "text")
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as other:
        other.writestr("a", "b")
    with pytest.raises(InvalidParameter, match=r"it has no manifest\.json"):
        archive.ZipBundle(tmp_path / "other.zip")


def test_a_failed_export_leaves_nothing(
    origin: Side, version: ModelVersion, tmp_path: Path
) -> None:
    class Broken(LiveBundle):
        def read(self, path: str) -> Iterator[bytes]:
            if path.endswith("model.skops"):
                raise OSError("the disk is gone")
            return super().read(path)

    folder = tmp_path / "out"
    folder.mkdir()
    with pytest.raises(OSError, match="the disk is gone"):
        archive.write(Broken(origin, version), folder / "b.zip")
    assert list(folder.iterdir()) == []
