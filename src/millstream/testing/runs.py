"""The contract of runs."""

from __future__ import annotations

import json
import re

import pytest

from millstream.entities import experiments as e
from millstream.entities import runs as r
from millstream.errors import AlreadyExists, InvalidParameter, NotFound
from millstream.store.interface import Store
from millstream.testing.fixtures import Contract, get_run, new_run, unique

_LONG = "ü" * (1 << 19)


class RunsContract(Contract):
    """What every store promises about runs."""

    def test_a_new_run(self, store: Store, experiment_id: str) -> None:
        tags = [r.RunTag("k", "first"), r.RunTag("k", "last")]
        request = r.CreateRun(experiment_id, "ada", "my run", 17, tags)
        run = store.runs.create(request).result()
        info = run.info
        assert re.fullmatch("[0-9a-f]{32}", info.run_id)
        assert (info.run_name, info.user_id, info.status, info.start_time) == (
            *("my run", "ada"),
            *("RUNNING", 17),
        )
        assert (info.end_time, info.lifecycle_stage, info.run_uuid) == (None, "active", info.run_id)
        assert info.artifact_uri is not None
        assert info.artifact_uri.endswith(f"/{experiment_id}/{info.run_id}/artifacts")
        assert run.data.tags == {"k": "last", "mlflow.runName": "my run"}
        assert get_run(store, info.run_id) == run

    def test_a_run_without_name_gets_one(self, store: Store, run_id: str) -> None:
        run = get_run(store, run_id)
        assert re.fullmatch(r"[a-z]+-[a-z]+-\d{1,3}", str(run.info.run_name))
        assert len(str(run.info.run_name)) <= 20
        assert run.data.tags["mlflow.runName"] == run.info.run_name
        assert run.info.user_id == ""

    def test_a_run_may_bring_its_id(self, store: Store, experiment_id: str) -> None:
        wanted = unique("own")
        assert new_run(store, experiment_id, run_id=wanted) == wanted
        store.runs.log_param(r.LogParam(wanted, "lr", "0.1")).result()
        again = store.runs.create(
            r.CreateRun(experiment_id, "eve", "other", run_id=wanted)
        ).result()
        before = get_run(store, wanted)
        assert (again.info, again.data.tags) == (before.info, before.data.tags)
        assert before.data.params == {"lr": "0.1"}
        elsewhere = store.experiments.create(e.CreateExperiment(unique("lab"))).result()
        with pytest.raises(AlreadyExists, match=f"Run with id={wanted} already exists"):
            new_run(store, elsewhere.experiment_id, run_id=wanted)
        with pytest.raises(InvalidParameter, match=r"Invalid run ID '\.\./x'"):
            new_run(store, experiment_id, run_id="../x")

    def test_two_different_names_are_refused(self, store: Store, experiment_id: str) -> None:
        tags = [r.RunTag("mlflow.runName", "bar")]
        message = (
            "Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different "
            r"values \(run_name='foo', mlflow.runName='bar'\)."
        )
        with pytest.raises(InvalidParameter, match=message):
            store.runs.create(r.CreateRun(experiment_id, run_name="foo", tags=tags)).result()

    def test_the_experiment_must_exist(self, store: Store) -> None:
        with pytest.raises(NotFound, match="No Experiment with id=987654321 exists"):
            new_run(store, "987654321")
        with pytest.raises(InvalidParameter, match="Invalid experiment ID 'abc'"):
            new_run(store, "abc")

    def test_an_absent_run(self, store: Store) -> None:
        message = "Run with id=deadbeef not found"
        with pytest.raises(NotFound, match=message):
            get_run(store, "deadbeef")
        with pytest.raises(NotFound, match=message):
            store.runs.set_tag(r.SetTag("deadbeef", "k", "v")).result()
        with pytest.raises(NotFound, match=message):
            store.runs.delete(r.RunId("deadbeef")).result()

    def test_updating(self, store: Store, run_id: str) -> None:
        name = get_run(store, run_id).info.run_name
        info = store.runs.update(r.UpdateRun(run_id, "FINISHED", 99)).result()
        assert (info.status, info.end_time, info.run_name) == ("FINISHED", 99, name)
        info = store.runs.update(r.UpdateRun(run_id, "RUNNING", run_name="")).result()
        assert (info.status, info.end_time, info.run_name) == ("RUNNING", 99, name)
        assert get_run(store, run_id).info == info

    def test_name_and_tag_follow_each_other(self, store: Store, run_id: str) -> None:
        def name_and_tag() -> tuple[str | None, str | None]:
            run = get_run(store, run_id)
            return run.info.run_name, run.data.tags.get("mlflow.runName")

        store.runs.update(r.UpdateRun(run_id, run_name="a")).result()
        assert name_and_tag() == ("a", "a")
        store.runs.set_tag(r.SetTag(run_id, "mlflow.runName", "b")).result()
        assert name_and_tag() == ("b", "b")
        store.runs.set_tag(r.SetTag(run_id, "mlflow.runName", "")).result()
        assert name_and_tag() == ("b", "b")
        tags = [r.RunTag("mlflow.runName", "c"), r.RunTag("x", "y")]
        store.runs.log_batch(r.LogBatch(run_id, tags=tags)).result()
        assert name_and_tag() == ("c", "c")
        store.runs.delete_tag(r.DeleteTag(run_id, "mlflow.runName")).result()
        assert name_and_tag() == ("c", None)

    def test_params_are_written_once(self, store: Store, run_id: str) -> None:
        store.runs.log_param(r.LogParam(run_id, "lr", "0.1")).result()
        store.runs.log_param(r.LogParam(run_id, "lr", "0.1")).result()
        message = (
            "Changing param values is not allowed. Param with key='lr' was already logged with "
            f"value='0.1' for run ID='{run_id}'. Attempted logging new value '0.2'."
        )
        with pytest.raises(InvalidParameter, match=re.escape(message)):
            store.runs.log_param(r.LogParam(run_id, "lr", "0.2")).result()
        store.runs.log_param(r.LogParam(run_id, "empty")).result()
        assert get_run(store, run_id).data.params == {"lr": "0.1", "empty": ""}

    def test_tags_are_replaced_and_removed(self, store: Store, run_id: str) -> None:
        for value in ("one", "two"):
            store.runs.set_tag(r.SetTag(run_id, "k", value)).result()
        assert get_run(store, run_id).data.tags["k"] == "two"
        store.runs.delete_tag(r.DeleteTag(run_id, "k")).result()
        assert "k" not in get_run(store, run_id).data.tags
        for absent in ("k", unique("never")):
            message = f"No tag with name: {absent} in run with id {run_id}"
            with pytest.raises(NotFound, match=message):
                store.runs.delete_tag(r.DeleteTag(run_id, absent)).result()

    def test_keys_that_differ_in_case_or_space_are_different(
        self, store: Store, run_id: str
    ) -> None:
        for key in ("Key", "key", "key ", "kéy", "key/a", "a/b c.d:e-f_"):
            store.runs.log_param(r.LogParam(run_id, key, key)).result()
        params = get_run(store, run_id).data.params
        assert len(params) == 6
        assert all(key == value for key, value in params.items())

    def test_long_values_are_kept_whole(self, store: Store, run_id: str) -> None:
        store.runs.log_param(r.LogParam(run_id, "long", _LONG)).result()
        store.runs.set_tag(r.SetTag(run_id, "long", _LONG)).result()
        data = get_run(store, run_id).data
        assert data.params["long"] == data.tags["long"] == _LONG
        message = "exceeds the maximum length of 1048576 bytes"
        with pytest.raises(InvalidParameter, match=message):
            store.runs.log_param(r.LogParam(run_id, "longer", _LONG + "x")).result()
        with pytest.raises(InvalidParameter, match=message):
            store.runs.set_tag(r.SetTag(run_id, "longer", _LONG + "x")).result()

    @pytest.mark.parametrize(
        ("key", "message"),
        [
            (
                "bad!",
                r"Invalid value \"bad!\" for parameter 'key' supplied: Names may only contain",
            ),
            ("a//b", r"must not resolve to other names.* would resolve to 'a/b'"),
            ("..", "must not resolve to other names"),
            ("/x", "must not resolve to other names"),
            ("k" * 251, "exceeds the maximum length of 250 characters"),
        ],
    )
    def test_bad_keys_are_refused(self, store: Store, run_id: str, key: str, message: str) -> None:
        with pytest.raises(InvalidParameter, match=message):
            store.runs.log_param(r.LogParam(run_id, key, "v")).result()
        with pytest.raises(InvalidParameter, match=message):
            store.runs.set_tag(r.SetTag(run_id, key, "v")).result()
        in_batch = message.replace("'key'", r"'params\[0\].key'")
        with pytest.raises(InvalidParameter, match=in_batch):
            store.runs.log_batch(r.LogBatch(run_id, params=[r.Param(key, "v")])).result()

    def test_inputs_keep_their_first_description(
        self, store: Store, experiment_id: str, run_id: str
    ) -> None:
        def use(source: str, context: str) -> r.DatasetInput:
            tags = [r.InputTag("mlflow.data.context", context)]
            return r.DatasetInput(r.Dataset("name", "digest", "local", source), tags)

        store.runs.log_inputs(
            r.LogInputs(run_id, [use("first", "train")], [r.LoggedModelInput("m-1")])
        ).result()
        store.runs.log_inputs(r.LogInputs(run_id, [use("second", "eval")])).result()
        inputs = get_run(store, run_id).inputs
        assert inputs.dataset_inputs == [use("first", "train")]
        assert inputs.model_inputs == [r.LoggedModelInput("m-1")]
        other = new_run(store, experiment_id)
        store.runs.log_inputs(r.LogInputs(other, [use("third", "eval")])).result()
        assert get_run(store, other).inputs.dataset_inputs == [use("first", "eval")]
        summaries = store.experiments.search_datasets(
            r.SearchDatasets([experiment_id])
        ).dataset_summaries
        assert summaries == [
            r.DatasetSummary(experiment_id, "name", "digest", context)
            for context in ("eval", "train")
        ]

    def test_inputs_have_limits(self, store: Store, run_id: str) -> None:
        dataset = r.Dataset("n", "d" * 37, "local", "s")
        message = "'digest' exceeds the maximum length of 36 characters"
        with pytest.raises(InvalidParameter, match=message):
            store.runs.log_inputs(r.LogInputs(run_id, [r.DatasetInput(dataset)])).result()

    def test_outputs(self, store: Store, run_id: str) -> None:
        models = [r.LoggedModelOutput("m-1", 3), r.LoggedModelOutput("m-2")]
        for _ in range(2):
            store.runs.log_outputs(r.LogOutputs(run_id, models)).result()
        outputs = get_run(store, run_id).outputs.model_outputs
        assert sorted(outputs, key=lambda output: output.model_id) == models

    def test_model_history_grows(self, store: Store, run_id: str) -> None:
        model = {"artifact_path": "m", "flavors": {}, "utc_time_created": "now", "run_id": run_id}
        for _ in range(2):
            store.runs.log_model_history(r.LogModelHistory(run_id, json.dumps(model))).result()
        history = get_run(store, run_id).data.tags["mlflow.log-model.history"]
        assert json.loads(history) == [model, model]
        with pytest.raises(InvalidParameter, match="missing mandatory fields"):
            store.runs.log_model_history(r.LogModelHistory(run_id, "{}")).result()
        with pytest.raises(InvalidParameter, match="Malformed model info"):
            store.runs.log_model_history(r.LogModelHistory(run_id, "nonsense")).result()

    def test_search_gives_whole_runs_page_by_page(self, store: Store, experiment_id: str) -> None:
        made = {new_run(store, experiment_id) for _ in range(5)}
        for run_id in made:
            store.runs.log_param(r.LogParam(run_id, "p", "1")).result()
        found: list[r.Run] = []
        token = None
        while True:
            request = r.SearchRuns([experiment_id], max_results=2, page_token=token)
            page = store.runs.search(request)
            found += page.runs
            token = page.next_page_token
            if token is None:
                break
        assert [run.info.run_id for run in found] == sorted(made)
        assert all(run == get_run(store, run.info.run_id) for run in found)
        deleted = e.ExperimentId(experiment_id)
        store.experiments.delete(deleted).result()
        assert store.runs.search(r.SearchRuns([experiment_id])).runs == []
