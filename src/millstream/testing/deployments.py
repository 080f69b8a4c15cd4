"""The contract of the record of deployments."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from millstream.entities import deployments as d
from millstream.entities import model_versions as mv
from millstream.entities import models as lm
from millstream.entities import registered_models as rm
from millstream.errors import InvalidParameter, NotFound
from millstream.store.interface import Store
from millstream.testing.fixtures import Contract, unique
from millstream.testing.registered_models import new_registered_model, new_version

DIGEST = f"sha256:{'0123456789abcdef' * 4}"
THREADS = 8


def deploy(store: Store, target: str, name: str = "churn", **said: Any) -> d.Deployment:
    """Record a deployment of which `said` tells more."""
    request = d.RecordDeployment(target, name, said.pop("model_uri", "models:/churn/1"), **said)
    return store.deployments.record(request).result()


def end(store: Store, target: str, name: str = "churn", endpoint: str | None = None) -> None:
    """Record that a deployment runs no more."""
    store.deployments.end(d.EndDeployment(target, name, endpoint)).result()


def found(store: Store, **wanted: Any) -> list[d.Deployment]:
    """The deployments that match, newest first."""
    return store.deployments.search(d.SearchDeployments(**wanted)).deployments


def numbered(deployments: list[d.Deployment]) -> list[tuple[int, str]]:
    """Their revisions and states."""
    return [(one.revision, one.state) for one in deployments]


class DeploymentsContract(Contract):
    """What every store promises about deployments."""

    @pytest.fixture
    def target(self) -> str:
        """A target at which nothing was deployed before."""
        return f"kubernetes://{unique('cluster')}"

    def test_a_deployment_is_recorded_and_found(
        self, store: Store, target: str, run_id: str
    ) -> None:
        made = deploy(
            store,
            target,
            "größe",
            endpoint="pricing",
            model_uri=f"runs:/{run_id}/model",
            run_id=run_id,
            flavor="sklearn",
            image="registry.example.com/churn:4",
            image_digest=DIGEST,
            address="https://churn.example.com/invocations",
            config={"replicas": "3", "note": "two\nlines"},
            user_id="ada",
        )
        assert (made.target, made.name, made.endpoint) == (target, "größe", "pricing")
        assert (made.revision, made.state, made.end_time) == (1, "live", None)
        assert (made.model_uri, made.run_id) == (f"runs:/{run_id}/model", run_id)
        assert (made.model_name, made.model_version, made.model_id) == (None, None, None)
        assert (made.flavor, made.image_digest, made.user_id) == ("sklearn", DIGEST, "ada")
        assert made.image == "registry.example.com/churn:4"
        assert made.address == "https://churn.example.com/invocations"
        assert made.config == {"replicas": "3", "note": "two\nlines"}
        assert made.creation_time > 1_700_000_000_000
        assert store.deployments.get(d.DeploymentId(made.deployment_id)) == made
        assert found(store, target=target) == [made]

    def test_what_is_not_said_is_unknown(self, store: Store, target: str) -> None:
        made = deploy(store, target, endpoint="")
        assert (made.endpoint, made.flavor, made.image, made.address) == (None, None, None, None)
        assert (made.run_id, made.model_id, made.config) == (None, None, {})

    def test_a_version_brings_its_run_and_model(self, store: Store, target: str) -> None:
        name = new_registered_model(store)
        source = mv.CreateModelVersion(name, "s3://bucket/model", "r1", model_id="m-1")
        store.model_versions.create(source).result()
        made = deploy(store, target, model_name=name, model_version="1")
        assert (made.model_name, made.model_version) == (name, "1")
        assert (made.run_id, made.model_id) == ("r1", "m-1")
        said = deploy(store, target, model_name=name, model_version="1", run_id="r2")
        assert (said.run_id, said.model_id) == ("r2", "m-1")
        assert deploy(store, target, model_name=name).model_version is None

    def test_a_logged_model_is_recorded(
        self, store: Store, target: str, experiment_id: str
    ) -> None:
        request = lm.CreateLoggedModel(experiment_id, "ridge")
        model_id = store.models.create(request).result().info.model_id
        made = deploy(store, target, model_uri=f"models:/{model_id}", model_id=model_id)
        assert (made.model_id, made.run_id) == (model_id, None)

    def test_the_next_revision_replaces_the_live_one(self, store: Store, target: str) -> None:
        first, second = deploy(store, target), deploy(store, target)
        third = deploy(store, target)
        assert numbered(found(store, target=target)) == [
            (3, "live"),
            (2, "replaced"),
            (1, "replaced"),
        ]
        replaced = store.deployments.get(d.DeploymentId(first.deployment_id))
        assert replaced.end_time is not None
        assert first.creation_time <= replaced.end_time <= second.creation_time
        assert found(store, target=target, state="live") == [third]

    def test_names_and_endpoints_are_apart(self, store: Store, target: str) -> None:
        deploy(store, target)
        for name, endpoint in (("other", None), ("churn", "a"), ("churn", "b")):
            assert deploy(store, target, name, endpoint=endpoint).revision == 1
        assert deploy(store, f"{target}-2").revision == 1
        assert deploy(store, target, endpoint="a").revision == 2
        assert len(found(store, target=target, state="live")) == 4
        assert numbered(found(store, target=target, name="churn", endpoint="a")) == [
            (2, "live"),
            (1, "replaced"),
        ]
        assert [one.endpoint for one in found(store, target=target, endpoint="")] == [None, None]

    def test_a_deployment_ends(self, store: Store, target: str) -> None:
        made = deploy(store, target, endpoint="a")
        with pytest.raises(NotFound, match=rf"No live deployment 'churn' at '{target}'"):
            end(store, target)
        ended = store.deployments.end(d.EndDeployment(target, "churn", "a")).result()
        assert (ended.deployment_id, ended.state) == (made.deployment_id, "ended")
        assert ended.end_time is not None
        assert ended.end_time >= made.creation_time
        assert store.deployments.get(d.DeploymentId(made.deployment_id)) == ended
        with pytest.raises(NotFound, match=r"No live deployment 'churn' of endpoint 'a'"):
            end(store, target, endpoint="a")
        assert deploy(store, target, endpoint="a").revision == 2
        assert numbered(found(store, target=target)) == [(2, "live"), (1, "ended")]

    def test_deployments_of_a_version_are_found_page_by_page(self, store: Store) -> None:
        name, target = new_registered_model(store), f"local://{unique('here')}"
        for number in (1, 2):
            new_version(store, name, number)
        for number in range(5):
            version = "1" if number < 3 else "2"
            deploy(store, target, f"d{number}", model_name=name, model_version=version)
        request = d.SearchDeployments(model_name=name, model_version="1", max_results=2)
        page = store.deployments.search(request)
        assert [one.name for one in page.deployments] == ["d2", "d1"]
        request.page_token = page.next_page_token
        last = store.deployments.search(request)
        assert ([one.name for one in last.deployments], last.next_page_token) == (["d0"], None)
        assert len(found(store, model_name=name)) == 5
        assert found(store, model_name=name, model_version="3") == []
        assert found(store, model_name=unique("absent")) == []
        request.state = "live"
        with pytest.raises(InvalidParameter, match="it belongs to another search"):
            store.deployments.search(request)

    def test_deployments_follow_the_name_of_their_model(self, store: Store, target: str) -> None:
        name, renamed = new_registered_model(store), unique("renamed")
        new_version(store, name)
        made = deploy(store, target, model_name=name, model_version="1")
        store.registered_models.rename(rm.RenameRegisteredModel(name, renamed)).result()
        assert found(store, model_name=name) == []
        (kept,) = found(store, model_name=renamed, model_version="1")
        assert (kept.deployment_id, kept.model_name) == (made.deployment_id, renamed)

    def test_a_deployment_outlives_its_model(self, store: Store, target: str) -> None:
        name = new_registered_model(store)
        new_version(store, name)
        deploy(store, target, model_name=name, model_version="1")
        store.registered_models.delete(rm.DeleteRegisteredModel(name)).result()
        store.registered_models.create(rm.CreateRegisteredModel(name)).result()
        new_version(store, name)
        assert found(store, model_name=name) == []  # which is another model now
        (kept,) = found(store, target=target)
        assert (kept.model_name, kept.state) == (name, "live")
        end(store, target)
        assert numbered(found(store, target=target)) == [(1, "ended")]

    def test_what_does_not_exist_is_not_deployed(self, store: Store, target: str) -> None:
        name = new_registered_model(store)
        absent: list[dict[str, str]] = [
            {"model_name": unique("absent")},
            {"model_name": name, "model_version": "7"},
            {"run_id": "0" * 32},
            {"model_id": "m-" + "0" * 32},
        ]
        for said in absent:
            with pytest.raises(NotFound):
                deploy(store, target, **said)
        assert found(store, target=target) == []
        with pytest.raises(NotFound, match="Deployment with id=nothing not found"):
            store.deployments.get(d.DeploymentId("nothing"))

    def test_no_secret_is_kept(self, store: Store) -> None:
        host = f"{unique('host')}.example.com"
        made = deploy(
            store,
            f"https://ada:hunter22@{host}/?token=abc123",
            model_uri="https://bob:swordfish1@models.example.com/m",
            address=f"http://x:sesame99@{host}",
            config={"password": "opensesame1", "key": "AKIAABCDEFGHIJKLMNOP", "secret_name": "db"},
        )
        assert made.target == f"https://ada:***@{host}/?token=***"
        assert made.config == {"password": "***", "key": "***", "secret_name": "db"}
        for secret in ("hunter22", "abc123", "swordfish1", "sesame99", "opensesame1", "AKIA"):
            assert secret not in repr(found(store, target=made.target))
        again = deploy(store, f"https://ada:another9@{host}/?token=xyz")
        assert (again.target, again.revision) == (made.target, 2)
        end(store, f"https://ada:a-third7@{host}/?token=0")

    @pytest.mark.parametrize(
        ("said", "message"),
        [
            ({"name": " "}, "Invalid name ' ' of a deployment: it must not be blank"),
            ({"name": "a\nb"}, r"must not hold the character '\\n'"),
            ({"name": "n" * 251}, "'name' exceeds the maximum length of 250 characters"),
            ({"target": "t" * 2_049}, "'target' exceeds the maximum length of 2048"),
            ({"target": " "}, "Invalid target ' ' of a deployment"),
            ({"model_uri": " "}, "Invalid model_uri ' ' of a deployment"),
            ({"endpoint": "e" * 251}, "'endpoint' exceeds"),
            ({"flavor": "f" * 101}, "'flavor' exceeds"),
            ({"model_version": "1"}, "'model_version' '1' needs the 'model_name'"),
            ({"image_digest": "sha256:abc"}, "Invalid image_digest 'sha256:abc': it must be"),
            ({"image_digest": DIGEST.upper()}, "64 hexadecimal digits in lower case"),
            ({"config": {"": "x"}}, "Invalid config key ''"),
            ({"config": {"a": "\0"}}, r"Invalid config\['a'\]"),
            ({"config": {"a": "x" * 5_001}}, r"'config\['a'\]' exceeds the maximum length of 5000"),
            ({"config": {str(n): "" for n in range(101)}}, "101 settings.* 100 at most"),
        ],
    )
    def test_what_cannot_be_kept_is_refused(
        self, store: Store, target: str, said: dict[str, Any], message: str
    ) -> None:
        told = {"target": target, "name": "churn", "model_uri": "models:/a/1", **said}
        with pytest.raises(InvalidParameter, match=message):
            store.deployments.record(d.RecordDeployment(**told)).result()

    @pytest.mark.parametrize("most", [0, 1_001])
    def test_pages_have_a_size(self, store: Store, most: int) -> None:
        with pytest.raises(InvalidParameter, match="max_results"):
            found(store, max_results=most)

    def test_racers_get_different_revisions(self, store: Store, target: str) -> None:
        def one(number: int) -> int:
            return deploy(store, target, user_id=f"racer {number}").revision

        with ThreadPoolExecutor(THREADS) as threads:
            revisions = list(threads.map(one, range(3 * THREADS)))
        check_race(store, target, revisions)


def check_race(store: Store, target: str, revisions: list[int], name: str = "churn") -> None:
    """Numbers without gaps, the last one live, and each other one replaced."""
    count = len(revisions)
    assert sorted(revisions) == list(range(1, count + 1))
    states = numbered(found(store, target=target, name=name, max_results=1_000))
    assert sorted(states)[-1] == (count, "live")
    assert [state for _, state in sorted(states)[:-1]] == ["replaced"] * (count - 1)
