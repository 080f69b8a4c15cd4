"""Models at Azure ML, by its own SDK: the whole life of one, and each step of it failing."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.compat.azure.batch import CLUSTER
from tests.compat.azure.server import GROUP, MANAGEMENT, SUBSCRIPTION, WORKSPACE, Azure, serving
from tests.compat.conftest import ROOT, Environment

from millstream.deploy.azureml.workspace import RETRIES
from millstream.model_format.manifest import Manifest

TARGET = f"azureml:/{SUBSCRIPTION}/{GROUP}/{WORKSPACE}"
IMAGE = "registry.example.com/churn:7"
GUIDE = ROOT / "docs" / "guides" / "azureml.md"
SIGNED_IN = """#!/bin/sh
for word; do resource="$word"; done
echo "{\\"accessToken\\": \\"of $resource\\", \\"expires_on\\": 4102444800}"
"""
"""The command line of Azure, of which its SDK asks for tokens."""

NOTHING: dict[str, Any] = {"endpoints": {}, "batch": [{}, {}], "assets": []}
"""What a workspace shows of which all that was made is gone."""

Call = Callable[..., Any]


class Failed(Exception):
    """What a call raised where the SDK is: its class and message."""


pytestmark = pytest.mark.timeout(600)  # a library of 8 s of loading, and a process for each token


@pytest.fixture(scope="module")
def azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azure]:
    folder = tmp_path_factory.mktemp("azure")
    with serving(folder) as (server, _):
        server.folder = folder
        yield server


@pytest.fixture(scope="module")
def session(azure: Azure, environment: Environment) -> Iterator[Call]:
    """A client in the environment of the SDK, which goes on until the last test is done."""
    python = environment("azureml", "MILLSTREAM_AZUREML_PYTHON")
    commands = azure.folder / "bin"
    commands.mkdir()
    (commands / "az").write_text(SIGNED_IN)
    (commands / "az").chmod(0o755)
    certificate = str(azure.folder / "azure.pem")
    clouds = f"https://{MANAGEMENT}:{azure.port}/metadata/endpoints?api-version=2019-05-01"
    process = subprocess.Popen(
        [str(python), str(ROOT / "tests" / "compat" / "azureml_session.py")],
        env={
            "PATH": f"{commands}:/usr/bin:/bin",
            "HOME": str(azure.folder),
            "PYTHONPATH": str(ROOT / "src"),
            "MLFLOW_TRACKING_URI": f"sqlite:///{azure.folder / 'facts.db'}",
            "REQUESTS_CA_BUNDLE": certificate,
            "AZURE_TOKEN_CREDENTIALS": "AzureCliCredential",
            "ARM_CLOUD_METADATA_URL": clouds,
        },
        cwd=azure.folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    def call(name: str, /, target: str = TARGET, **words: Any) -> Any:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps([target, name, words]) + "\n")
        process.stdin.flush()
        answer = json.loads(process.stdout.readline())
        if "error" in answer:
            raise Failed(answer["error"])
        return answer["result"]

    try:
        yield call
    finally:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.close()
        process.wait(30)
        process.stdout.close()


@pytest.fixture
def call(session: Call, azure: Azure) -> Iterator[Call]:
    yield session
    assert azure.failing == []
    for name in list(azure.workspace.endpoints):
        session("delete_endpoint", endpoint=name)
    for name in list(azure.batch.endpoints):
        session("stop_batch", name=name)
    assert session("strange") == []


@pytest.fixture
def model(tmp_path: Path) -> str:
    """A model whose folder has names in it that the SDK would take for something else."""
    folder = tmp_path / "churn.v1"
    folder.mkdir()
    manifest = Manifest(model_id="m-1")
    manifest.add_flavor("python_function", loader_module="millstream.integrations.sklearn")
    (folder / "model.bin").write_bytes(b"weights")
    (folder / ".gitignore").write_text("*.bin\n")
    manifest.save(folder / "MLmodel")
    return str(folder)


def world(azure: Azure) -> Any:
    """All that a workspace shows."""
    space = azure.workspace
    return json.loads(
        json.dumps(
            {
                "endpoints": {
                    name: [one.properties, one.resource.get("tags"), one.deployments]
                    for name, one in space.endpoints.items()
                },
                "batch": [azure.batch.endpoints, azure.batch.deployments],
                "assets": sorted(
                    key
                    for held in space.assets.values()
                    for key, one in held.items()
                    if not one["isArchived"]
                ),
            }
        )
    )


def shares(azure: Azure, endpoint: str) -> dict[str, int]:
    found: dict[str, int] = azure.workspace.endpoints[endpoint].properties["traffic"]
    return found


def runs(azure: Azure, name: str) -> list[str]:
    """The images that a deployment with an endpoint of its own runs, or could run."""
    held = azure.workspace.assets["environments"]
    return [
        one["image"]
        for key, one in held.items()
        if key.startswith(f"millstream_{name}_{name}:") and not one["isArchived"]
    ]


def documented(number: int) -> set[str]:
    """What a role of the guide allows: the first deploys, the second lets models score files."""
    found = re.findall(r"```json\n(\{.*?\n\})\n```", GUIDE.read_text(), re.DOTALL)
    role = json.loads(found[number])
    return {*role["Actions"], *role["DataActions"]}


def test_a_model_is_deployed_tried_by_some_taken_by_all_and_removed(
    call: Call, azure: Azure, model: str
) -> None:
    azure.workspace.permissions.clear()
    image = {"image": IMAGE, "env": "LEVEL=2", "secret_env": "KEY=vault/key"}
    assert "4 to create" in call("plan", name="churn", model_uri=model, config=image)
    assert azure.workspace.endpoints == {}
    made = call("create_deployment", name="churn", model_uri=model, config=image)
    assert (made["state"], made["changes"], made["image"]) == ("ready", 4, IMAGE)
    assert call("apply", name="churn", model_uri=model, config=image)["changes"] == 0
    deployed = azure.workspace.endpoints["churn"].deployments["churn"]["properties"]
    assert deployed["environmentVariables"] == {
        "LEVEL": "2",
        "KEY": "${{azureml://connections/vault/credentials/key}}",
    }
    asked = {"deployment_name": "churn", "inputs": {"inputs": [[1, 2], [3, 4]]}}
    assert call("predict", **asked)["predictions"] == ["churn", 3, 7]
    assert call("status", name="churn")["details"]["traffic"] == 100
    assert call("logs", name="churn") == ["started", "ready"]

    newer = {**image, "image": f"{IMAGE}.1"}
    assert call("apply", name="churn", model_uri=model, config=newer)["changes"] == 3
    assert runs(azure, "churn") == [f"{IMAGE}.1"]
    back = call("rollback", name="churn")
    assert (back["revision"], runs(azure, "churn")) == (1, [IMAGE])

    behind = {"name": "green", "model_uri": model, "endpoint": "churn"}
    call("apply", **behind)
    assert shares(azure, "churn") == {"churn": 100}
    table = {"dataframe_records": [{"a": 1, "b": 5}]}
    one = {"deployment_name": "green", "endpoint": "churn", "inputs": table}
    assert call("predict", **one)["predictions"] == ["green", 6]
    assert call("apply", **behind, config={"traffic": 10})["changes"] == 1
    assert shares(azure, "churn") == {"churn": 90, "green": 10}
    with pytest.raises(Failed, match="say which deployment is asked"):
        call("predict", endpoint="churn", inputs=table)
    call("apply", **behind, config={"traffic": 100, "instance_count": 3})
    assert shares(azure, "churn") == {"green": 100}
    assert call("predict", endpoint="churn", inputs=table)["predictions"] == ["green", 6]
    assert call("status", name="green", endpoint="churn")["details"]["instance_count"] == 3
    assert call("list_deployments", endpoint="churn") == [{"name": "churn"}, {"name": "green"}]

    with pytest.raises(Failed, match="Behind the endpoint churn is green: it stays"):
        call("delete_deployment", name="churn")
    call("delete_deployment", name="green", endpoint="churn")
    call("delete_deployment", name="churn")
    call("delete_deployment", name="churn")
    assert world(azure) == NOTHING
    assert azure.workspace.permissions | azure.blobs.permissions == documented(0)


def test_the_files_of_a_model_arrive_as_they_are(call: Call, azure: Azure, model: str) -> None:
    call("apply", name="files", model_uri=model)
    found = {path.rpartition("/")[2]: blob for path, (blob, _) in azure.blobs.held.items()}
    assert found["model.bin"] == b"weights"
    assert found["MLmodel"] == (Path(model) / "MLmodel").read_bytes()
    before = len(azure.blobs.held)
    call("delete_deployment", name="files")
    call("apply", name="again", model_uri=model)
    assert len(azure.blobs.held) == before
    (Path(model) / "link").symlink_to("/etc/hostname")
    with pytest.raises(Failed, match="file link is a link"):
        call("apply", name="linked", model_uri=model)


REFUSED = {"status": 400, "code": "BadArgument", "message": "Not enough quota."}
FORBIDDEN = {"status": 403, "code": "AuthorizationFailed", "message": "No authorization."}
GONE = {"status": 503, "code": "ServiceUnavailable", "message": "Busy.", "times": RETRIES + 1}
BROKEN = {"outcome": "The container crashed."}
ENDPOINT, DEPLOYMENT = r"onlineEndpoints/\w+$", r"/deployments/\w+$"


@pytest.mark.parametrize(
    ("served", "path", "failure", "said"),
    [
        ("image", ENDPOINT, FORBIDDEN, "Endpoint churn could .* needs the role that the guide"),
        ("image", ENDPOINT, BROKEN, "Endpoint churn could .* failed: The container crashed"),
        ("image", ENDPOINT, GONE, "Endpoint churn could not be created: .*Busy"),
        ("image", "environments/", REFUSED, "Environment .* could not be created"),
        ("image", DEPLOYMENT, REFUSED, "Deployment churn .*Not enough quota"),
        ("image", DEPLOYMENT, GONE, "Deployment churn .*Busy"),
        ("image", DEPLOYMENT, BROKEN, r"crashed\. It printed: started \| ready"),
        ("image", ENDPOINT, {**REFUSED, "skip": 1}, "Traffic churn could not be created"),
        ("image", ENDPOINT, {**BROKEN, "skip": 1}, "Traffic churn could not be created"),
        ("model", "blob.core", FORBIDDEN, "Model .* could not be created: Registering the model"),
        ("model", "/models/mill", REFUSED, "Model .* could not be created: .*Not enough quota"),
        ("model", DEPLOYMENT, BROKEN, "Deployment churn could not be created"),
    ],
)
def test_a_step_that_fails_leaves_nothing_and_says_which(
    call: Call,
    azure: Azure,
    model: str,
    served: str,
    path: str,
    failure: dict[str, Any],
    said: str,
) -> None:
    before = world(azure)
    (Path(model) / "model.bin").write_text(f"{path} {failure}")
    config = {"image": IMAGE} if served == "image" else {}
    azure.failing.append({"method": "PUT", "path": path, **failure})
    with pytest.raises(Failed, match=said) as raised:
        call("apply", name="churn", model_uri=model, config=config)
    assert re.search("What had been changed was undone|Nothing had been changed", str(raised.value))
    assert world(azure) == before


@pytest.mark.parametrize(
    ("path", "failure"),
    [
        ("environments/", REFUSED),
        (DEPLOYMENT, BROKEN),
        (ENDPOINT, BROKEN),
    ],
)
def test_an_update_that_fails_leaves_what_there_was(
    call: Call, azure: Azure, model: str, path: str, failure: dict[str, Any]
) -> None:
    call("apply", name="churn", model_uri=model, config={"image": IMAGE})
    call("apply", name="blue", model_uri=model, endpoint="churn", config={"image": IMAGE})
    before = world(azure)
    azure.failing.append({"method": "PUT", "path": path, **failure})
    config = {"image": f"{IMAGE}.1", "traffic": 50, "instance_count": 4}
    with pytest.raises(Failed, match=r"What had been changed was undone|Nothing had"):
        call("apply", name="blue", model_uri=model, endpoint="churn", config=config)
    assert world(azure) == before
    call("apply", name="blue", model_uri=model, endpoint="churn", config=config)
    assert shares(azure, "churn") == {"blue": 50, "churn": 50}


def test_what_is_left_when_deleting_fails_goes_the_next_time(
    call: Call, azure: Azure, model: str
) -> None:
    call("apply", name="churn", model_uri=model, config={"image": IMAGE})
    for failing in (
        {"method": "DELETE", "path": DEPLOYMENT, **BROKEN},
        {"method": "PUT", "path": "environments/", **FORBIDDEN},
        {"method": "DELETE", "path": ENDPOINT, **REFUSED},
    ):
        azure.failing.append(failing)
        with pytest.raises(Failed, match="Everything else is done; try again"):
            call("delete_deployment", name="churn")
    call("delete_deployment", name="churn")
    assert world(azure) == NOTHING


def test_endpoints_are_made_by_themselves_and_asked_with_tokens(
    call: Call, azure: Azure, model: str
) -> None:
    config = {"auth_mode": "aad_token", "public_network_access": "disabled"}
    made = call("create_endpoint", name="shared", config=config)
    assert (made["auth_mode"], made["traffic"]) == ("aad_token", {})
    with pytest.raises(Failed, match="AlreadyExists: There is an endpoint shared"):
        call("create_endpoint", name="shared")
    with pytest.raises(Failed, match="There is an endpoint shared, which was not made with a"):
        call("apply", name="shared", model_uri=model, config={"image": IMAGE})
    with pytest.raises(Failed, match=r"NotFound: Looking at the endpoint other: .* no endpoint"):
        call("apply", name="blue", model_uri=model, endpoint="other", config={"image": IMAGE})
    for name in ("blue", "green"):
        call("apply", name=name, model_uri=model, endpoint="shared", config={"image": IMAGE})
    split = {"traffic": "blue=60,green=40"}
    assert call("update_endpoint", endpoint="shared", config=split)["traffic"] == {
        "blue": 60,
        "green": 40,
    }
    asked = [call("predict", endpoint="shared", inputs={"inputs": [[1]]}) for _ in range(4)]
    assert {one["predictions"][0] for one in asked} == {"blue", "green"}
    with pytest.raises(Failed, match="the shares add up to 110"):
        call("update_endpoint", endpoint="shared", config={"traffic": "blue=60,green=50"})
    assert [one["name"] for one in call("list_endpoints")] == ["shared"]
    call("delete_endpoint", endpoint="shared")
    assert world(azure) == NOTHING


def test_who_may_not_ask_is_told_what_is_missing(call: Call, azure: Azure, model: str) -> None:
    azure.failing.append({"method": "GET", "path": ENDPOINT, **FORBIDDEN})
    with pytest.raises(Failed, match=r"PermissionDenied: .* needs the role that the guide"):
        call("get_deployment", name="churn")
    call("apply", name="churn", model_uri=model, config={"image": IMAGE})
    azure.failing.append({"method": "POST", "path": "churn.inference", **REFUSED})
    with pytest.raises(Failed, match=r"answered 400: .*Not enough quota") as raised:
        call("predict", deployment_name="churn", inputs={"inputs": [[1]]})
    assert azure.workspace.endpoints["churn"].key not in str(raised.value)


FILES: dict[str, Any] = {
    "name": "nightly",
    "input_uri": "azureml://datastores/workspaceblobstore/paths/rows",
    "output_uri": "azureml://datastores/workspaceblobstore/paths/scores/nightly.csv",
    "config": {"compute": CLUSTER},
}
BATCH_ENDPOINT, BATCH_DEPLOYMENT = r"batchEndpoints/\w+$", r"batchEndpoints/\w+/deployments/\w+$"


def looked(call: Call, name: str, state: str) -> dict[str, Any]:
    """Look at a job until it is in a state, which takes few looks here."""
    for _ in range(10):
        found: dict[str, Any] = call("batch_status", name=name)
        if found["state"] == state:
            return found
        assert found["state"] == "pending"
    raise AssertionError(found)


def test_a_model_scores_files_and_what_was_made_for_it_goes(
    call: Call, azure: Azure, model: str
) -> None:
    azure.workspace.permissions.clear()
    azure.blobs.permissions.clear()
    (Path(model) / "model.bin").write_bytes(b"weights of a model that scores files")
    azure.blobs.held["rows/one.csv"] = b"1,2\n3,4\n", {}
    azure.blobs.held["rows/two.csv"] = b"5,6\n", {}
    asked = {**FILES["config"], "mini_batch_size": 4, "max_retries": 0, "env": "LEVEL=2"}
    later = {**asked, "synchronous": False}
    call("start_batch", **{**FILES, "config": later}, model_uri=model)
    behind = azure.batch.deployments["nightly/nightly"]["properties"]
    assert (behind["miniBatchSize"], behind["environmentVariables"]) == (4, {"LEVEL": "2"})
    assert behind["retrySettings"] == {"maxRetries": 0, "timeout": "PT5M"}
    with pytest.raises(Failed, match="AlreadyExists: There is a job nightly"):
        call("start_batch", **FILES, model_uri=model)
    done = looked(call, "nightly", "ready")
    assert done["details"]["model"] == model[:256]
    assert azure.blobs.held["scores/nightly.csv"][0] == (
        b"3.0,one.csv\n7.0,one.csv\n11.0,two.csv\n"
    )
    call("stop_batch", name="nightly")
    assert world(azure) == NOTHING

    call("start_batch", **{**FILES, "config": later}, model_uri=model)  # by the same name
    looked(call, "nightly", "pending")
    call("stop_batch", name="nightly")
    call("stop_batch", name="nightly")
    assert sorted(one.status for one in azure.batch.jobs.values()) == ["Canceled", "Completed"]
    with pytest.raises(Failed, match="NotFound: There is no job nightly"):
        call("batch_status", name="nightly")
    assert world(azure) == NOTHING
    assert azure.workspace.permissions | azure.blobs.permissions == documented(1)


@pytest.mark.parametrize(
    ("method", "path", "failure", "said"),
    [
        ("PUT", "/models/mill", REFUSED, "Model .* could not be created: .*Not enough quota"),
        ("PUT", BATCH_ENDPOINT, FORBIDDEN, "BatchEndpoint nightly .* role that the guide"),
        ("PUT", BATCH_ENDPOINT, BROKEN, "BatchEndpoint nightly could not be created: .*crashed"),
        ("PUT", BATCH_DEPLOYMENT, REFUSED, "BatchDeployment nightly .*Not enough quota"),
        ("PUT", BATCH_DEPLOYMENT, BROKEN, "BatchDeployment nightly .*crashed"),
        ("POST", "/jobs$", FORBIDDEN, "Job nightly-.* could not be created: .*No authorization"),
        ("POST", "/jobs$", {**GONE, "times": 4}, "Job nightly-.* could not be created: .*Busy"),
        ("POST", "/jobs$", BROKEN, "nightly.*Failed"),
    ],
)
def test_a_job_that_fails_leaves_nothing_and_says_at_which_step(
    call: Call,
    azure: Azure,
    model: str,
    method: str,
    path: str,
    failure: dict[str, Any],
    said: str,
) -> None:
    before = world(azure)
    (Path(model) / "model.bin").write_text(f"{method} {path} {failure}")
    azure.failing.append({"method": method, "path": path, **failure})
    with pytest.raises(Failed, match=said):
        call("start_batch", **FILES, model_uri=model)
    assert world(azure) == before == NOTHING


def test_what_is_left_when_stopping_fails_goes_the_next_time(
    call: Call, azure: Azure, model: str
) -> None:
    later = {**FILES["config"], "synchronous": False}
    call("start_batch", **{**FILES, "config": later}, model_uri=model)
    steps: tuple[dict[str, Any], ...] = (
        {"method": "POST", "path": "/cancel$", **FORBIDDEN},
        {"method": "DELETE", "path": BATCH_DEPLOYMENT, **BROKEN},
        {"method": "DELETE", "path": BATCH_ENDPOINT, **REFUSED},
        {"method": "PUT", "path": "/models/mill", **FORBIDDEN},
    )
    for failing in steps:
        azure.failing.append(failing)
        with pytest.raises(Failed, match=failing.get("message") or failing["outcome"]):
            call("stop_batch", name="nightly")
    call("stop_batch", name="nightly")
    assert world(azure) == NOTHING


def test_an_endpoint_of_somebody_else_is_left_alone(call: Call, azure: Azure, model: str) -> None:
    with pytest.raises(Failed, match=r"There is no compute .*other"):
        call("start_batch", **{**FILES, "config": {"compute": "other"}}, model_uri=model)
    properties = {"authMode": "AADToken", "properties": {}, "provisioningState": "Succeeded"}
    azure.batch.endpoints["nightly"] = {"location": "westeurope", "properties": properties}
    for name, words in (
        ("start_batch", {**FILES, "model_uri": model}),
        ("batch_status", {"name": "nightly"}),
        ("stop_batch", {"name": "nightly"}),
    ):
        with pytest.raises(Failed, match="endpoint nightly, which was not made for a job"):
            call(name, **words)
    assert list(azure.batch.endpoints) == ["nightly"]
    azure.batch.endpoints.clear()
