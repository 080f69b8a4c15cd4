"""Batch prediction jobs at Vertex AI: started, told of, ended, and nothing of them is left."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from googleapiclient.discovery_cache import get_static_doc
from tests.unit.deploy.vertex.conftest import IMAGE, TARGET
from tests.unit.deploy.vertex.google_cloud import PROJECT, REGION, Failure, GoogleCloud

from millstream.deploy import batch_client
from millstream.deploy.applying import DeploymentFailed
from millstream.deploy.client import DeploymentClient
from millstream.deploy.image_step import ImageStep
from millstream.deploy.target import BatchTarget, ChangeFailed
from millstream.deploy.vertex import batch, target
from millstream.deploy.vertex.batch_options import checked_input, checked_output, read
from millstream.deploy.vertex.target import connect
from millstream.errors import AlreadyExists, InvalidParameter, NotFound, PermissionDenied

Made = Callable[[str], str]
FILES = ("gs://rows/today/*.jsonl", "gs://scores/today")
SAID = {"image": IMAGE}
LATER = {**SAID, "synchronous": False}
REFUSED = Failure(status=403, message="permission missing")
LOST = Failure(status=503, is_done_first=True, is_once=True, message="the answer was lost")


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_client, "_SHORTEST", 0.005)


def test_a_job_scores_files_and_nothing_but_its_predictions_is_left(
    client: DeploymentClient, cloud: GoogleCloud, model: Made
) -> None:
    assert isinstance(connect(TARGET), BatchTarget)
    done = client.start_batch("nightly", model("one"), *FILES, config=SAID)
    assert (done["name"], done["state"]) == ("nightly", "ready")
    assert done["details"]["output"] == "gs://scores/today/prediction-1"
    assert done["details"]["rows"] == {"successfulCount": "2"}
    assert (cloud.models, cloud.jobs) == ({}, {})
    assert "batchPredictionJobs.cancel" not in cloud.calls


def test_a_job_is_told_all_that_was_said_of_it(
    client: DeploymentClient, cloud: GoogleCloud, model: Made
) -> None:
    account = f"runner@{PROJECT}.iam.gserviceaccount.com"
    said = {"machine_type": "g2-standard-4", "accelerator_type": "NVIDIA_L4", "env": "LEVEL=info"}
    said |= {"service_account": account, "starting_replica_count": "2", "max_replica_count": "5"}
    said |= {"instances_format": "csv", "batch_size": "16"}
    cloud.job_ends = ["JOB_STATE_RUNNING"]
    started = client.start_batch("nightly", model("one"), *FILES, config={**LATER, **said})
    assert started["state"] == "pending"
    assert "JOB_STATE_RUNNING" in started["message"]
    (uploaded,), (job,) = cloud.models.values(), cloud.jobs.values()
    assert uploaded["name"].endswith("/models/job_nightly")
    assert uploaded["description"] == model("one")
    assert uploaded["labels"] == job["labels"] == {"millstream-job": "nightly"}
    assert uploaded["containerSpec"]["imageUri"] == IMAGE
    assert uploaded["containerSpec"]["env"] == [{"name": "LEVEL", "value": "info"}]
    assert job["model"] == f"projects/{PROJECT}/locations/{REGION}/models/job_nightly"
    assert job["inputConfig"] == {
        "instancesFormat": "csv",
        "gcsSource": {"uris": ["gs://rows/today/*.jsonl"]},
    }
    assert job["outputConfig"] == {
        "predictionsFormat": "jsonl",
        "gcsDestination": {"outputUriPrefix": "gs://scores/today"},
    }
    assert job["dedicatedResources"] == {
        "machineSpec": {
            "machineType": "g2-standard-4",
            "acceleratorType": "NVIDIA_L4",
            "acceleratorCount": 1,
        },
        "startingReplicaCount": 2,
        "maxReplicaCount": 5,
    }
    assert job["manualBatchTuningParameters"] == {"batchSize": 16}
    assert job["serviceAccount"] == account
    assert client.list_deployments() == []


def test_a_job_that_is_stopped_is_cancelled_and_gone(
    client: DeploymentClient, cloud: GoogleCloud, model: Made
) -> None:
    cloud.job_ends = ["JOB_STATE_RUNNING"]
    client.apply("nightly", model("one"), config={**SAID, "online": False})
    kept = set(cloud.models)
    client.start_batch("nightly", model("one"), *FILES, config=LATER)
    with pytest.raises(AlreadyExists, match="There is a job nightly"):
        client.start_batch("nightly", model("one"), *FILES, config=LATER)
    assert client.batch_status("nightly").state == "pending"
    client.stop_batch("nightly")
    assert (set(cloud.models), cloud.jobs) == (kept, {})
    assert cloud.calls.count("batchPredictionJobs.cancel") == 1
    client.stop_batch("nightly")
    with pytest.raises(NotFound, match="There is no job nightly"):
        client.batch_status("nightly")


def test_a_job_that_ends_while_it_is_being_stopped_is_removed(
    client: DeploymentClient, cloud: GoogleCloud, model: Made
) -> None:
    cloud.job_ends = ["JOB_STATE_RUNNING", "JOB_STATE_RUNNING", "JOB_STATE_RUNNING"]
    client.start_batch("nightly", model("one"), *FILES, config=LATER)
    cloud.coming["1"].append("JOB_STATE_SUCCEEDED")
    cloud.failures["batchPredictionJobs.cancel"] = Failure(status=400, message="it is over")
    client.stop_batch("nightly")
    assert (cloud.models, cloud.jobs) == ({}, {})


@pytest.mark.parametrize(
    "end", ["JOB_STATE_FAILED", "JOB_STATE_EXPIRED", "JOB_STATE_PARTIALLY_SUCCEEDED"]
)
def test_a_job_that_fails_says_why_and_leaves_nothing(
    client: DeploymentClient, cloud: GoogleCloud, model: Made, end: str
) -> None:
    cloud.job_ends, cloud.job_error = ["JOB_STATE_RUNNING", end], "no access to gs://rows"
    with pytest.raises(DeploymentFailed, match=f"{end}: no access to gs://rows.*was removed"):
        client.start_batch("nightly", model("one"), *FILES, config=SAID)
    assert (cloud.models, cloud.jobs) == ({}, {})


def test_every_state_of_the_documents_but_the_unspecified_one_is_known() -> None:
    schemas = _documents()["schemas"]
    states = schemas["GoogleCloudAiplatformV1BatchPredictionJob"]["properties"]["state"]["enum"]
    assert set(states) == {*batch.STATES, "JOB_STATE_UNSPECIFIED"}


@pytest.mark.parametrize(
    ("step", "failure"),
    [
        ("models.upload", REFUSED),
        ("models.upload", LOST),
        ("models.upload", Failure(operation=8, message="no quota for models")),
        ("batchPredictionJobs.create", REFUSED),
        ("batchPredictionJobs.create", LOST),
    ],
)
def test_a_start_that_fails_leaves_nothing(
    client: DeploymentClient, cloud: GoogleCloud, model: Made, step: str, failure: Failure
) -> None:
    cloud.looks = 0 if failure is LOST else 1
    cloud.failures[step] = failure
    with pytest.raises(DeploymentFailed, match=failure.message) as refused:
        client.start_batch("nightly", model("one"), *FILES, config=SAID)
    assert (cloud.models, cloud.jobs) == ({}, {})
    assert "Left behind" not in str(refused.value)


@pytest.mark.parametrize("step", ["batchPredictionJobs.delete", "models.delete"])
def test_what_cannot_be_removed_is_said_and_removed_by_stopping_again(
    client: DeploymentClient, cloud: GoogleCloud, model: Made, step: str
) -> None:
    cloud.failures[step] = REFUSED
    with pytest.raises(DeploymentFailed, match=r"its predictions are there.*permission missing"):
        client.start_batch("nightly", model("one"), *FILES, config=SAID)
    with pytest.raises(PermissionDenied, match="lists the permissions"):
        client.stop_batch("nightly")
    cloud.failures = {}
    client.stop_batch("nightly")
    assert (cloud.models, cloud.jobs) == ({}, {})


def test_a_job_that_does_not_end_is_named_and_keeps_its_model(
    cloud: GoogleCloud, model: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(target, "PATIENCE", 0.1)
    client = DeploymentClient(TARGET, connect(TARGET), tell=lambda _: None)
    cloud.job_ends = ["JOB_STATE_RUNNING"]
    cloud.failures["batchPredictionJobs.cancel"] = Failure(hangs=True)
    client.start_batch("nightly", model("one"), *FILES, config={**LATER, "timeout_seconds": 0.2})
    with pytest.raises(ChangeFailed, match=r"did not cancel the job 1 within 0\.2 s; try again"):
        client.stop_batch("nightly")
    assert (len(cloud.models), len(cloud.jobs)) == (1, 1)


def test_an_image_is_built_for_a_job_unless_the_registry_has_it(
    client: DeploymentClient, cloud: GoogleCloud, model: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[str] = []
    monkeypatch.setattr(ImageStep, "is_pushed", lambda step: step.name in built)
    monkeypatch.setattr(ImageStep, "make", lambda step: built.append(step.name))
    config, uri = {"repository": IMAGE.partition(":")[0]}, model("one")
    for _ in range(2):
        client.start_batch("nightly", uri, *FILES, config=config)
    (name,) = built
    assert name.startswith(f"{config['repository']}:model-")


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({}, "name one that is there as the option 'image'"),
        ({"image": "example.com/churn:1"}, "takes those of Artifact Registry alone"),
        ({**SAID, "instances_format": "xml"}, "'instances_format' is 'xml'; it is jsonl or csv"),
        ({**SAID, "batch_size": "0"}, "'batch_size' is '0'; it is a number from 1"),
        ({**SAID, "starting_replica_count": "3", "max_replica_count": "2"}, "from 3 to 1000"),
        ({**SAID, "machine_type": "a machine"}, "'machine_type' is 'a machine'"),
        ({**SAID, "env": "API_TOKEN=x"}, "looks like a secret"),
        ({**SAID, "traffic": "5"}, "has no option 'traffic'"),
    ],
)
def test_what_a_job_cannot_be_told_is_refused_before_anything_is_made(
    client: DeploymentClient, cloud: GoogleCloud, model: Made, config: dict[str, str], said: str
) -> None:
    with pytest.raises(InvalidParameter, match=said):
        client.start_batch("nightly", model("one"), *FILES, config=config)
    assert cloud.calls == []


def test_a_name_that_can_be_no_label_is_refused(
    client: DeploymentClient, cloud: GoogleCloud, model: Made
) -> None:
    with pytest.raises(InvalidParameter, match="The job is called 'Nightly'"):
        client.start_batch("Nightly", model("one"), *FILES, config=SAID)
    for ask in (client.batch_status, client.stop_batch):
        with pytest.raises(InvalidParameter, match="The job is called 'Nightly'"):
            ask("Nightly")
    assert cloud.calls == []


def test_files_are_in_cloud_storage() -> None:
    for good in ("gs://rows/a.jsonl", "gs://my_bucket.example/a b/*.jsonl"):
        assert checked_input(good) == good
    for good in ("gs://rows", "gs://rows/", "gs://rows/scores/today"):
        assert checked_output(good) == good
    for bad in ("rows.jsonl", "s3://rows/a", "gs://rows", "gs://rows/", "gs://R/a", "gs:///a"):
        with pytest.raises(InvalidParameter, match="reads files of Cloud Storage"):
            checked_input(bad)
    for bad in ("scores", "https://me:word@example.com/a?key=word", "gs://", "gs://rows?key=word"):
        with pytest.raises(InvalidParameter, match="writes into a folder") as refused:
            checked_output(bad)
        assert "word" not in str(refused.value)


def test_without_a_word_a_job_has_one_usual_machine() -> None:
    said = read({})
    assert (said.run.machine_type, said.starting_replica_count) == ("n1-standard-2", 1)
    assert (said.max_replica_count, said.instances_format, said.batch_size) == (1, "jsonl", 64)


def _documents() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(get_static_doc("aiplatform", "v1"))
    return found
