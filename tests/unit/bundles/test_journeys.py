"""A version exported and imported: all of it arrives, once, however often and under what name."""

from __future__ import annotations

import json
import math
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from tests.unit.bundles.seed import (
    FILES,
    bytes_of,
    evidence_of,
    log_model,
    log_run,
    open_folder,
    register,
    the_version,
)

from millstream.bundles import archive
from millstream.bundles.arrival import Arrival, Wish, bring
from millstream.bundles.live import LiveBundle
from millstream.bundles.side import Side
from millstream.client.session import SESSION
from millstream.client.tracking import MillstreamClient
from millstream.entities.metrics import GetMetricHistory
from millstream.entities.model_versions import (
    DeleteModelVersion,
    GetModelVersion,
    ModelVersion,
    SearchModelVersions,
    TransitionModelVersionStage,
)
from millstream.entities.models import GetLoggedModel
from millstream.entities.registered_models import (
    GetRegisteredModel,
    RenameRegisteredModel,
)
from millstream.entities.registry_events import SearchRegistryEvents
from millstream.entities.runs import RunId
from millstream.errors import Conflict, NotFound


def carry(version: ModelVersion, origin: Side, target: Side, path: Path, **wish: Any) -> Arrival:
    """Through a file."""
    archive.write(LiveBundle(origin, version), path)
    with archive.ZipBundle(path) as bundle:
        bundle.verify()
        return bring(bundle, target, Wish(**wish))


@pytest.fixture(params=["file", "stream"])
def way(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    def carry_over(version: ModelVersion, origin: Side, target: Side, **wish: Any) -> Arrival:
        if request.param == "file":
            return carry(version, origin, target, tmp_path / "bundle.zip", **wish)
        return bring(LiveBundle(origin, version), target, Wish(**wish))

    return carry_over


def facts(side: Side) -> dict[str, Any]:
    """All that is known on a side, in numbers that a second import would change."""
    store = side.tracking
    registered = side.registry.registered_models.get(GetRegisteredModel("prices"))
    events = side.registry.registry_events.search(SearchRegistryEvents()).events
    return {
        "model": registered,
        "versions": side.registry.model_versions.search(SearchModelVersions()).model_versions,
        "events": events,
        "runs": [MillstreamClient(side.uri).search_runs([id_]) for id_ in ("0", "1")],
        "files": sorted(
            (str(path), path.stat().st_mtime_ns)
            for path in Path(side.uri, "artifacts").rglob("*")
            if path.is_file()
        ),
        "store": store is side.registry,
    }


def test_everything_arrives(version: ModelVersion, origin: Side, target: Side, way: Any) -> None:
    arrival = way(version, origin, target, user_id="bob", comment="to production")
    assert arrival.created
    there = the_version(target)
    assert there == arrival.version
    assert bytes_of(target, there) == bytes_of(origin, version)
    assert {path: content.decode() for path, content in bytes_of(target, there).items()} == FILES
    assert (there.run_id, there.model_id) == (version.run_id, version.model_id)
    assert (there.description, there.tags["vt"]) == ("the first", "1")
    assert (there.current_stage, there.aliases) == ("None", [])
    assert there.tags["millstream.origin.stage"] == "Production"
    assert json.loads(there.tags["millstream.origin.aliases"]) == ["champion"]
    model = target.registry.registered_models.get(GetRegisteredModel("prices"))
    assert (model.description, model.tags) == ("prices", {"team": "blue"})


def test_the_run_and_the_model_arrive(
    version: ModelVersion, origin: Side, target: Side, way: Any
) -> None:
    way(version, origin, target)
    request = RunId(version.run_id or "")
    before, after = origin.tracking.runs.get(request), target.tracking.runs.get(request)
    for name in ("run_name", "status", "start_time", "end_time", "user_id"):
        assert getattr(after.info, name) == getattr(before.info, name)
    assert after.data.params == before.data.params
    assert len(after.data.params) == 150
    own = {"millstream.origin.run_id": version.run_id, "millstream.origin.state": "arrived"}
    assert after.data.tags == {**before.data.tags, **own}
    assert after.inputs.dataset_inputs == before.inputs.dataset_inputs
    assert after.outputs == before.outputs
    assert math.isnan(after.data.metrics["nan"])
    assert after.data.metrics["up"] == math.inf
    history = GetMetricHistory(version.run_id or "", "loss")
    points = target.tracking.metrics.get_history(history).metrics
    assert points == origin.tracking.metrics.get_history(history).metrics
    assert len(points) == 2_500
    asked = GetLoggedModel(version.model_id or "")
    old, new = origin.tracking.models.get(asked), target.tracking.models.get(asked)
    assert (new.name, new.params, new.model_type) == (old.name, old.params, old.model_type)
    assert (new.status, new.tags["mt"]) == ("READY", "1")
    assert new.metrics == old.metrics
    assert {metric.key for metric in new.metrics} == {"rmse", "mae"}  # one of another run
    experiment = target.tracking.experiments.get_by_name
    assert after.info.experiment_id != "0"
    assert experiment is not None


def test_the_history_of_the_origin_is_evidence_and_no_event_here(
    version: ModelVersion, origin: Side, target: Side, way: Any
) -> None:
    way(version, origin, target, user_id="bob", comment="to production")
    events = target.registry.registry_events.search(SearchRegistryEvents(name="prices")).events
    assert {event.kind for event in events if not event.kind.endswith("TAG_SET")} == {
        "VERSION_CREATED",
        "MODEL_CREATED",
        "MODEL_DESCRIBED",
    }
    assert {event.user_id for event in events} == {"bob"}
    assert events[0].comment == (f"to production (copied from version 1 of prices at {origin.uri})")
    told = evidence_of(target, the_version(target))
    assert told["origin"]["uri"] == origin.uri
    assert told["events"][0]["kind"] == "VERSION_CREATED"
    moved = [event for event in told["events"] if event["kind"] == "STAGE_CHANGED"]
    assert [(event["user_id"], event["comment"]) for event in moved] == [("ann", "best")]
    digests = {file["path"]: file["sha256"] for file in told["files"] if "model/" in file["path"]}
    assert len(digests) == len(FILES)


def test_twice_is_the_same_as_once(
    version: ModelVersion, origin: Side, target: Side, way: Any
) -> None:
    way(version, origin, target)
    before = facts(target)
    again = way(version, origin, target)
    assert not again.created
    assert facts(target) == before


def test_what_happens_to_either_later_changes_nothing_of_that(
    version: ModelVersion, origin: Side, target: Side, way: Any
) -> None:
    first = way(version, origin, target).version
    move = TransitionModelVersionStage(name="prices", version="1", stage="Archived")
    origin.registry.model_versions.transition_stage(move).result()
    target.registry.model_versions.transition_stage(move).result()
    again = way(the_version(origin), origin, target)
    assert (again.created, again.version.version) == (False, first.version)
    assert again.version.current_stage == "Archived"
    rename = RenameRegisteredModel(name="prices", new_name="houses")
    origin.registry.registered_models.rename(rename).result()
    renamed = way(the_version(origin, "houses"), origin, target, name="prices")
    assert not renamed.created


def test_imports_at_the_same_time_leave_one_version(
    version: ModelVersion, origin: Side, target: Side, tmp_path: Path
) -> None:
    path = tmp_path / "bundle.zip"
    archive.write(LiveBundle(origin, version), path)

    def arrive(number: int) -> Arrival:
        with archive.ZipBundle(path) as bundle:
            return bring(bundle, target, Wish(user_id=f"user {number}"))

    with ThreadPoolExecutor(6) as threads:
        arrivals = list(threads.map(arrive, range(6)))
    there = the_version(target)
    assert {arrival.version.version for arrival in arrivals} == {there.version}
    assert [arrival.created for arrival in arrivals].count(True) == 1
    runs = MillstreamClient(target.uri).search_runs(["0", "1"])
    assert sorted(run.info.run_name or "" for run in runs) == ["by hand", "evaluation"]
    assert len(MillstreamClient(target.uri).search_logged_models(["0", "1"])) == 1
    assert bytes_of(target, there) == bytes_of(origin, version)


def test_under_another_name_it_is_another_version_of_the_same_run_and_model(
    version: ModelVersion, origin: Side, target: Side, way: Any
) -> None:
    way(version, origin, target)
    other = way(version, origin, target, name="copy")
    assert other.created
    assert other.version.model_id == version.model_id
    assert bytes_of(target, the_version(target, "copy")) == bytes_of(origin, version)
    found = MillstreamClient(target.uri).search_logged_models(["0", "1", "2"])
    assert [model.model_id for model in found] == [version.model_id]


def test_home_again_it_is_found_to_be_there(
    version: ModelVersion, origin: Side, target: Side, way: Any
) -> None:
    way(version, origin, target)
    before = facts(origin)
    assert not way(the_version(target), target, origin).created
    assert facts(origin) == before


def test_home_again_it_is_found_whatever_number_it_had_elsewhere(
    version: ModelVersion, origin: Side, target: Side, way: Any
) -> None:
    register(origin, "prices", version.source or "", version.run_id, version.model_id)
    second = origin.registry.model_versions.get(GetModelVersion("prices", "2"))
    way(second, origin, target)
    there = the_version(target)
    assert there.version == "1"
    before = facts(origin)
    assert way(there, target, origin) == Arrival(second, created=False)
    assert facts(origin) == before


def test_a_copy_of_a_copy_knows_both_origins(
    version: ModelVersion, origin: Side, target: Side, tmp_path: Path, way: Any
) -> None:
    way(version, origin, target)
    third = open_folder(tmp_path / "third")
    try:
        far = way(the_version(target), target, third).version
        assert far.tags["millstream.origin.uri"] == target.uri
        assert bytes_of(third, far) == bytes_of(origin, version)
        folder = Path(third.uri, "artifacts").rglob("millstream_origin/*.json")
        uris = {json.loads(path.read_text())["origin"]["uri"] for path in folder}
        assert uris == {origin.uri, target.uri}
        assert not way(version, origin, third).created
    finally:
        third.tracking.close()


def test_a_deleted_copy_may_come_again(
    version: ModelVersion, origin: Side, target: Side, way: Any
) -> None:
    way(version, origin, target)
    gone = DeleteModelVersion(name="prices", version="1")
    target.registry.model_versions.delete(gone).result()
    assert way(version, origin, target).version.version == "2"


def test_files_among_the_artifacts_of_a_run_stay_there(
    origin: Side, target: Side, tmp_path: Path, way: Any
) -> None:
    client = MillstreamClient(origin.uri)
    run_id = log_run(client)
    for name, content in FILES.items():
        client.log_text(run_id, content, f"my/model/{name}")
    SESSION.flush(origin.uri)
    root = client.get_run(run_id).info.artifact_uri
    register(origin, "prices", f"{root}/my/model", run_id, None)
    way(the_version(origin), origin, target)
    there = the_version(target)
    assert (there.model_id, there.run_id) == (None, run_id)
    assert (there.source or "").endswith(f"{run_id}/artifacts/my/model")
    assert bytes_of(target, there) == bytes_of(origin, the_version(origin))
    assert not way(the_version(origin), origin, target).created


def test_the_artifacts_of_the_run_come_along_if_asked_for(
    version: ModelVersion, origin: Side, target: Side
) -> None:
    bring(LiveBundle(origin, version, with_run_artifacts=True), target, Wish())
    client = MillstreamClient(target.uri)
    run_id = version.run_id or ""
    assert [file.path for file in client.list_artifacts(run_id)] == ["plots"]
    path = Path(client.download_artifacts(run_id, "plots/plot.txt"))
    assert path.read_text() == "a plot"


def test_a_version_outlives_its_run_and_its_model(
    version: ModelVersion, origin: Side, target: Side, way: Any
) -> None:
    client = MillstreamClient(origin.uri)
    client.delete_run(version.run_id or "")
    client.delete_logged_model(version.model_id or "")
    there = way(version, origin, target).version
    assert there.run_id == version.run_id
    assert bytes_of(target, there)["MLmodel"].decode() == FILES["MLmodel"]


def test_ids_that_are_taken_give_way_to_new_ones(
    version: ModelVersion, origin: Side, target: Side, way: Any
) -> None:
    way(version, origin, target)
    client = MillstreamClient(target.uri)
    client.delete_run(version.run_id or "")
    client.delete_logged_model(version.model_id or "")
    target.registry.model_versions.delete(DeleteModelVersion(name="prices", version="1")).result()
    there = way(version, origin, target).version
    assert there.run_id not in (None, "", version.run_id)
    assert there.model_id not in (None, "", version.model_id)
    assert bytes_of(target, there) == bytes_of(origin, version)
    run = client.get_run(there.run_id or "")
    assert run.outputs.model_outputs[0].model_id == there.model_id
    assert not way(version, origin, target).created


def test_other_files_under_the_same_origin_are_refused(
    version: ModelVersion, origin: Side, target: Side, tmp_path: Path
) -> None:
    carry(version, origin, target, tmp_path / "first.zip")
    location = origin.tracking.models.get(GetLoggedModel(version.model_id or ""))
    Path(location.artifact_location, "model.skops").write_text("tampered")
    with pytest.raises(Conflict, match=r"same origin .* but other files"):
        carry(version, origin, target, tmp_path / "second.zip")


def test_a_version_without_files_cannot_be_exported(version: ModelVersion, origin: Side) -> None:
    location = origin.tracking.models.get(GetLoggedModel(version.model_id or ""))
    Path(location.artifact_location, "MLmodel").unlink()
    with pytest.raises(NotFound, match="there is no MLmodel"):
        LiveBundle(origin, version)


def test_two_versions_of_one_run_share_it(
    version: ModelVersion, origin: Side, target: Side, tmp_path: Path, way: Any
) -> None:
    client = MillstreamClient(origin.uri)
    second = log_model(client, version.run_id or "", tmp_path / "second", **{"more.txt": "2"})
    register(origin, "prices", f"models:/{second}", version.run_id, second)
    versions = origin.registry.model_versions.search(SearchModelVersions()).model_versions
    numbers = [way(one, origin, target).version.version for one in reversed(versions)]
    assert numbers == ["1", "2"]
    runs = MillstreamClient(target.uri).search_runs(["0", "1"])
    assert sorted(run.info.run_name or "" for run in runs) == ["by hand", "evaluation"]
