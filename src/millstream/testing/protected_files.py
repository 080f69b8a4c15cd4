"""The contract of protected files, for stores that know where the files of versions are.

The store has to be opened with `mlflow-artifacts:/` as its artifact root.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import quote

import pytest

from millstream.entities import model_versions as mv
from millstream.entities import models as lm
from millstream.entities import stages as st
from millstream.errors import PermissionDenied
from millstream.store.interface import Store
from millstream.store.protected_files import HasProtectedFiles
from millstream.testing.fixtures import get_run, new_run
from millstream.testing.model_versions import move
from millstream.testing.registered_models import new_registered_model
from millstream.testing.stages import WithStages, set_policy
from millstream.testing.transition_requests import approve, ask, protect_production


class Registered(NamedTuple):
    """A source to register, the run it is from, and where its files are."""

    source: str
    run_id: str | None
    files: str


def _home(store: Store, run_id: str) -> str:
    return str(get_run(store, run_id).info.artifact_uri)


def _logged(store: Store, run_id: str, name: str = "tree") -> lm.LoggedModelInfo:
    experiment = get_run(store, run_id).info.experiment_id
    request = lm.CreateLoggedModel(experiment, name, source_run_id=run_id)
    return store.models.create(request).result().info


def _folder(store: Store, run_id: str) -> Registered:
    files = f"{_home(store, run_id)}/model"
    return Registered(files, run_id, files)


def _spelled(store: Store, run_id: str) -> Registered:
    home = _home(store, run_id)
    return Registered(f"{home}//./a%20model/", run_id, f"{home}/a model")


def _run_path(store: Store, run_id: str) -> Registered:
    return Registered(f"runs:/{run_id}/model", run_id, f"{_home(store, run_id)}/model")


def _whole_run(store: Store, run_id: str) -> Registered:
    return Registered(f"runs:/{run_id}", run_id, _home(store, run_id))


def _model_of_run(store: Store, run_id: str) -> Registered:
    return Registered(f"runs:/{run_id}/tree", run_id, _logged(store, run_id).artifact_uri)


def _part_of_model(store: Store, run_id: str) -> Registered:
    files = f"{_logged(store, run_id).artifact_uri}/part"
    return Registered(f"runs:/{run_id}/tree/part", run_id, files)


def _logged_model(store: Store, run_id: str) -> Registered:
    model = _logged(store, run_id)
    return Registered(f"models:/{model.model_id}", None, model.artifact_uri)


def _copy(store: Store, run_id: str) -> Registered:
    origin = _folder(store, run_id)
    name = new_registered_model(store)
    store.model_versions.create(mv.CreateModelVersion(name, origin.source, run_id)).result()
    return Registered(f"models:/{name}/1", None, origin.files)


def _deep(store: Store, run_id: str) -> Registered:
    files = f"{_home(store, run_id)}/{'deep/' * 20}model"
    return Registered(files, run_id, files)


def _bucket(_: Store, run_id: str) -> Registered:
    return Registered(f"s3://bucket/{run_id}/model", None, f"s3://bucket/{run_id}/model")


SOURCES: list[Callable[[Store, str], Registered]] = [
    *(_folder, _spelled, _run_path, _whole_run, _model_of_run, _part_of_model),
    *(_logged_model, _copy, _deep, _bucket),
]


def register(store: Store, registered: Registered, stage: str = "Production") -> str:
    """The name of a new model whose only version is in a stage."""
    name = new_registered_model(store)
    request = mv.CreateModelVersion(name, registered.source, registered.run_id)
    store.model_versions.create(request).result()
    move(store, name, "1", stage)
    return name


def refusal(store: Store, uri: str, *, whole: bool = False) -> PermissionDenied | None:
    """The refusal to change the file or folder at a URI, if it is one."""
    assert isinstance(store, HasProtectedFiles)
    try:
        store.protected_files.check([uri, quote(uri, safe=":/")], whole=whole)
    except PermissionDenied as error:
        return error
    return None


def _above(uri: str) -> str:
    return uri.rpartition("/")[0]


class ProtectedFilesContract(WithStages):
    """What a store promises about the files of versions in protected stages."""

    @pytest.fixture(params=SOURCES, ids=lambda source: str(source.__name__).strip("_"))
    def registered(self, request: pytest.FixtureRequest, store: Store, run_id: str) -> Registered:
        """A source of each kind."""
        found: Registered = request.param(store, run_id)
        return found

    def test_files_of_a_protected_version_stay(self, store: Store, registered: Registered) -> None:
        name = register(store, registered)
        protect_production(store)
        files = registered.files
        for uri in (files, f"{files}/MLmodel", f"{files}/data/model.pkl", f"{files}/not there"):
            for whole in (False, True):
                error = refusal(store, uri, whole=whole)
                assert error is not None, uri
                assert (error.status, error.error_code) == (403, "PERMISSION_DENIED")
                assert error.json_kwargs == {"protected_stage": "Production"}
                assert f"version 1 of '{name}'" in error.message
                asking = f"create_transition_request(name='{name}', version='1', stage='Archived')"
                assert asking in error.message

    def test_folders_above_it_are_not_removed(self, store: Store, registered: Registered) -> None:
        register(store, registered)
        protect_production(store)
        above = _above(registered.files)
        while above[-1] not in ":/":
            assert refusal(store, above, whole=True) is not None, above
            assert refusal(store, f"{above}/beside") is None, above
            above = _above(above)

    def test_what_is_beside_it_may_change(
        self, store: Store, registered: Registered, experiment_id: str
    ) -> None:
        register(store, registered)
        protect_production(store)
        files = registered.files
        other = _home(store, new_run(store, experiment_id))
        for uri in (f"{files}2", f"{files[:-1]}/MLmodel", f"{files}.bak/MLmodel", f"{other}/model"):
            for whole in (False, True):
                assert refusal(store, uri, whole=whole) is None, uri

    def test_other_stages_protect_nothing(self, store: Store, registered: Registered) -> None:
        name = register(store, registered, "Staging")
        protect_production(store)
        assert refusal(store, registered.files, whole=True) is None
        approve(store, ask(store, name, "1", stage="Production").request_id)
        assert refusal(store, registered.files) is not None
        approve(store, ask(store, name, "1", stage="Archived").request_id)
        assert refusal(store, registered.files, whole=True) is None

    def test_no_protected_stage_is_remembered(self, store: Store, run_id: str) -> None:
        assert isinstance(store, HasProtectedFiles)
        registered = _folder(store, run_id)
        register(store, registered)
        assert refusal(store, registered.files) is None
        assert store.protected_files.known_to_be_none
        protect_production(store)
        assert not store.protected_files.known_to_be_none
        assert refusal(store, registered.files) is not None
        set_policy(store, [st.Stage("Staging"), st.Stage("Production")])
        assert refusal(store, registered.files) is None

    def test_a_protected_source_keeps_its_meaning(self, store: Store, run_id: str) -> None:
        older, newer = _logged(store, run_id), _logged(store, run_id)
        register(store, Registered(f"runs:/{run_id}/tree", run_id, newer.artifact_uri))
        protect_production(store)
        with pytest.raises(PermissionDenied, match=f"'runs:/{run_id}/tree' may not be changed"):
            _logged(store, run_id)
        with pytest.raises(PermissionDenied, match="in the protected stage 'Production'"):
            store.models.delete(lm.LoggedModelId(newer.model_id)).result()
        store.models.delete(lm.LoggedModelId(older.model_id)).result()
        _logged(store, run_id, "bush")
        assert refusal(store, newer.artifact_uri) is not None

    def test_a_logged_model_does_not_hide_a_protected_folder(
        self, store: Store, run_id: str
    ) -> None:
        registered = _run_path(store, run_id)
        register(store, registered)
        protect_production(store)
        with pytest.raises(PermissionDenied, match="in the protected stage 'Production'"):
            _logged(store, run_id, "model")
        assert refusal(store, registered.files) is not None
