from __future__ import annotations

import json
import threading
from pathlib import Path

import numpy
import pandas
import pytest

import millstream
from millstream.errors import InvalidParameter, NotFound


def test_a_logged_model_is_made_described_and_finished(folder: Path) -> None:
    with millstream.start_run() as run:
        model = millstream.initialize_logged_model(
            "net", params={"depth": 3}, tags={"stage": "try"}, model_type="classifier"
        )
        assert model.source_run_id == run.info.run_id
        assert str(model.status) == "PENDING"
    assert model.tags.items() >= {"stage": "try", "mlflow.source.type": "LOCAL"}.items()
    millstream.log_model_params({"width": 4}, model_id=model.model_id)
    millstream.set_logged_model_tags(model.model_id, {"a": 1, "b": 2})
    millstream.delete_logged_model_tag(model.model_id, "b")
    assert str(millstream.finalize_logged_model(model.model_id, "READY").status) == "READY"
    found = millstream.get_logged_model(model.model_id)
    assert found.params == {"depth": "3", "width": "4"}
    assert found.tags["a"] == "1"
    assert "b" not in found.tags
    last = millstream.last_logged_model()
    assert last is not None
    assert last.model_id == model.model_id
    with pytest.raises(ValueError, match="'zz' is not a valid LoggedModelStatus"):
        millstream.finalize_logged_model(model.model_id, "zz")  # type: ignore[arg-type]  # ditto
    millstream.MillstreamClient().delete_logged_model(model.model_id)
    with pytest.raises(NotFound):
        millstream.get_logged_model(model.model_id)


def test_models_are_searched_as_frame_and_list(folder: Path) -> None:
    assert millstream.last_logged_model() is None
    for number in range(3):
        millstream.create_external_model(f"m{number}", params={"n": number})
    frame = millstream.search_logged_models()
    assert frame["name"].tolist() == ["m2", "m1", "m0"]
    assert frame["params"].tolist()[0] == {"n": "2"}
    assert str(frame["status"][0]) == "READY"
    found = millstream.search_logged_models(
        filter_string="params.n != '0'",
        order_by=[{"field_name": "name", "ascending": True}],
        max_results=1,
        output_format="list",
    )
    assert [model.name for model in found] == ["m1"]
    with pytest.raises(InvalidParameter, match="field_name"):
        millstream.search_logged_models(order_by=[{"by": "name"}])


def test_metrics_are_linked_to_the_active_model_in_this_thread_only(folder: Path) -> None:
    seen = []
    with millstream.set_active_model(name="net") as active:
        assert millstream.get_active_model_id() == active.model_id
        thread = threading.Thread(target=lambda: seen.append(millstream.get_active_model_id()))
        thread.start()
        thread.join()
        with millstream.start_run() as run:
            millstream.log_metric("loss", 1)
            millstream.log_model_params({"a": 1})
    assert seen == [None]
    assert millstream.get_active_model_id() is None
    model = millstream.get_logged_model(active.model_id)
    assert [(m.key, m.value, m.run_id) for m in model.metrics] == [("loss", 1.0, run.info.run_id)]
    inputs = millstream.get_run(run.info.run_id).inputs.model_inputs
    assert [item.model_id for item in inputs] == [active.model_id]
    again = millstream.set_active_model(name="net")
    assert again.model_id == active.model_id
    millstream.clear_active_model()
    with pytest.raises(InvalidParameter, match="no active model"):
        millstream.log_model_params({"b": 1})
    with pytest.raises(InvalidParameter, match="exactly one of"):
        millstream.set_active_model()


def test_outputs_and_inputs_of_a_run(folder: Path) -> None:
    model = millstream.initialize_logged_model("net")
    with millstream.start_run() as run:
        millstream.log_outputs([millstream.LoggedModelOutput(model.model_id, 3)])
        millstream.log_input(model=millstream.LoggedModelInput(model.model_id))
    found = millstream.get_run(run.info.run_id)
    assert [(o.model_id, o.step) for o in found.outputs.model_outputs] == [(model.model_id, 3)]
    assert [i.model_id for i in found.inputs.model_inputs] == [model.model_id]


def test_datasets_of_frames_and_arrays_are_inputs(folder: Path) -> None:
    frame = pandas.DataFrame({"a": [1, 2], "b": [1.5, None], "c": ["x", "y"]})
    one = millstream.data.from_pandas(frame, name="table", targets="c")
    two = millstream.data.from_numpy(
        numpy.ones((3, 2)), targets=numpy.ones(3), source="s3://bucket/x.npy"
    )
    with millstream.start_run() as run:
        millstream.log_input(one, context="training", tags={"k": "v"})
        millstream.log_inputs([two, None], contexts=["test", None])
        millstream.log_metric("loss", 1, dataset=two)
        with pytest.raises(InvalidParameter, match="of one length"):
            millstream.log_inputs([one], contexts=["a", "b"])
        with pytest.raises(InvalidParameter, match="is no dataset"):
            millstream.log_input({"rows": 3})
    found = {
        item.dataset.name: item
        for item in millstream.get_run(run.info.run_id).inputs.dataset_inputs
    }
    table = found["table"]
    assert {tag.key: tag.value for tag in table.tags} == {
        "k": "v",
        "mlflow.data.context": "training",
    }
    assert json.loads(table.dataset.schema or "") == {
        "mlflow_colspec": [
            {"type": "long", "name": "a", "required": True},
            {"type": "double", "name": "b", "required": False},
            {"type": "string", "name": "c", "required": True},
        ]
    }
    assert json.loads(table.dataset.profile or "") == {"num_rows": 2, "num_elements": 6}
    assert table.dataset.source_type == "code"
    assert "mlflow.source.name" in json.loads(table.dataset.source)["tags"]
    arrays = found["dataset"].dataset
    assert (arrays.source_type, json.loads(arrays.source)) == ("s3", {"uri": "s3://bucket/x.npy"})
    assert json.loads(arrays.profile or "")["features_shape"] == [3, 2]
    assert len(arrays.digest) == 8


def test_digests_tell_data_apart() -> None:
    make = millstream.data.from_pandas
    frames = [pandas.DataFrame({"a": [1, value]}) for value in (2, 3)]
    assert make(frames[0]).digest == make(frames[0].copy()).digest
    assert make(frames[0]).digest != make(frames[1]).digest
    arrays = [numpy.ones((2, 3)), numpy.ones((3, 2))]
    assert len({millstream.data.from_numpy(array).digest for array in arrays}) == 2
    parts = millstream.data.from_numpy({"x": numpy.ones(2), "y": numpy.ones(3)})
    assert parts.profile["features_shape"] == {"x": [2], "y": [3]}


def test_an_order_that_is_no_dictionary_is_refused_by_name(folder: Path) -> None:
    with pytest.raises(InvalidParameter, match=r"order_by has 'creation_time', but takes dict"):
        millstream.search_logged_models(order_by=["creation_time"])  # type: ignore[list-item]  # on purpose
