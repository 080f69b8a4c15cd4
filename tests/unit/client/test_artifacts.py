from __future__ import annotations

import io
import json
from importlib import import_module
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy
import pytest
import yaml

import millstream
from millstream.errors import BadRequest, InvalidParameter, NotFound

artifacts: Any = import_module("millstream.artifacts")


def paths(run_id: str, path: str | None = None) -> list[str]:
    client = millstream.MillstreamClient()
    found = []
    for file in client.list_artifacts(run_id, path):
        found += paths(run_id, file.path) if file.is_dir else [file.path]
    return found


@pytest.fixture
def run(folder: Path) -> Any:
    with millstream.start_run() as run:
        yield run


def local(run: Any, path: str) -> Path:
    return Path(millstream.MillstreamClient().download_artifacts(run.info.run_id, path))


def test_files_and_folders_are_copied_under_their_names(run: Any, tmp_path: Path) -> None:
    source = tmp_path / "source"
    (source / "deep").mkdir(parents=True)
    (source / "a.txt").write_text("a")
    (source / "deep" / "b.txt").write_text("b")
    millstream.log_artifact(str(source / "a.txt"))
    millstream.log_artifact(source / "a.txt", "in/here")
    millstream.log_artifact(str(source), "whole")
    millstream.log_artifacts(str(source), "inside")
    assert paths(run.info.run_id) == [
        "a.txt",
        "in/here/a.txt",
        "inside/a.txt",
        "inside/deep/b.txt",
        "whole/source/a.txt",
        "whole/source/deep/b.txt",
    ]
    with pytest.raises(FileNotFoundError):
        millstream.log_artifact(tmp_path / "missing")
    with pytest.raises(InvalidParameter, match="is no folder"):
        millstream.log_artifacts(source / "a.txt")


def test_texts_dictionaries_and_streams_become_files(run: Any) -> None:
    millstream.log_text("héé", "d/x.txt")
    values = {"b": 1, "a": [numpy.float64(1.5), None], "path": Path("p")}
    millstream.log_dict(values, "x.json")
    millstream.log_dict(values, "x.yaml")
    millstream.log_dict(values, "x.yml")
    millstream.log_dict({"a": 1}, "plain")
    millstream.log_stream(io.BytesIO(b"z" * 3_000_000), "big.bin")
    plain = {"b": 1, "a": [1.5, None], "path": "p"}
    assert local(run, "d/x.txt").read_text(encoding="utf-8") == "héé"
    assert json.loads(local(run, "x.json").read_text()) == plain
    assert list(json.loads(local(run, "x.json").read_text())) == ["b", "a", "path"]
    assert yaml.safe_load(local(run, "x.yaml").read_text()) == plain
    assert yaml.safe_load(local(run, "x.yml").read_text()) == plain
    assert json.loads(local(run, "plain").read_text()) == {"a": 1}
    assert local(run, "big.bin").stat().st_size == 3_000_000


@pytest.mark.parametrize("path", ["../x.txt", "/abs/x.txt", "a/../../x", "a\\..\\x", "a\0b"])
def test_nothing_leaves_the_folder_of_the_run(run: Any, path: str) -> None:
    with pytest.raises(InvalidParameter):
        millstream.log_text("x", path)
    assert paths(run.info.run_id) == []


def test_figures_of_matplotlib_and_plotly(run: Any) -> None:
    mpl.use("Agg")
    pyplot: Any = import_module("matplotlib.pyplot")
    figure, axes = pyplot.subplots()
    axes.plot([1, 2], [3, 4])
    millstream.log_figure(figure, "plots/f.png", save_kwargs={"dpi": 20})
    millstream.log_figure(figure, "f.svg")
    pyplot.close(figure)

    class Plotly:
        def write_html(self, path: str, **options: Any) -> None:
            Path(path).write_text(str(sorted(options)))

        def write_image(self, path: str) -> None:
            Path(path).write_text("image")

    millstream.log_figure(Plotly(), "p.html")
    millstream.log_figure(Plotly(), "p.png")
    assert local(run, "plots/f.png").read_bytes().startswith(b"\x89PNG")
    assert "<svg" in local(run, "f.svg").read_text()
    assert local(run, "p.html").read_text() == "['auto_open', 'include_plotlyjs']"
    assert local(run, "p.png").read_text() == "image"
    with pytest.raises(TypeError, match="Unsupported figure object type"):
        millstream.log_figure("no figure", "x.png")


def test_uris_of_artifacts(run: Any, folder: Path) -> None:
    root = millstream.get_artifact_uri()
    assert root == f"{folder.resolve()}/artifacts/0/{run.info.run_id}/artifacts"
    assert millstream.get_artifact_uri("a/b") == f"{root}/a/b"
    assert run.info.artifact_uri == root


def test_downloads_come_by_run_and_by_any_uri(run: Any, tmp_path: Path) -> None:
    millstream.log_text("one", "d/x.txt")
    millstream.log_dict({"k": 1}, "d/y.json")
    run_id = run.info.run_id
    kept = Path(artifacts.download_artifacts(run_id=run_id, artifact_path="d/x.txt"))
    assert kept == Path(millstream.get_artifact_uri("d/x.txt")), "local files are not copied"
    copied = Path(artifacts.download_artifacts(f"runs:/{run_id}/d", dst_path=str(tmp_path / "to")))
    assert copied != kept.parent
    assert sorted(path.name for path in copied.iterdir()) == ["x.txt", "y.json"]
    assert artifacts.load_text(f"runs:/{run_id}/d/x.txt") == "one"
    assert artifacts.load_dict(millstream.get_artifact_uri("d/y.json")) == {"k": 1}
    names = [file.path for file in artifacts.list_artifacts(run_id=run_id, artifact_path="d")]
    assert names == ["d/x.txt", "d/y.json"]
    assert [f.path for f in artifacts.list_artifacts(f"runs:/{run_id}/d")] == names
    assert artifacts.list_artifacts(run_id=run_id, artifact_path="d/x.txt") == []
    with pytest.raises(NotFound):
        artifacts.download_artifacts(run_id=run_id, artifact_path="nope")
    with pytest.raises(InvalidParameter, match="Exactly one of"):
        artifacts.download_artifacts()
    with pytest.raises(InvalidParameter, match="Exactly one of"):
        artifacts.list_artifacts("x", run_id="y")


def test_the_name_of_a_logged_model_is_a_path_of_its_run(run: Any, tmp_path: Path) -> None:
    millstream.log_text("plain", "plain/x.txt")
    model = millstream.initialize_logged_model("forest")
    (tmp_path / "model" / "deep").mkdir(parents=True)
    (tmp_path / "model" / "deep" / "MLmodel").write_text("flavors: {}")
    client, run_id = millstream.MillstreamClient(), run.info.run_id
    client.log_model_artifacts(model.model_id, tmp_path / "model")
    for names in (
        [file.path for file in client.list_artifacts(run_id, "forest")],
        [file.path for file in artifacts.list_artifacts(f"runs:/{run_id}/forest")],
        [file.path for file in artifacts.list_artifacts(run_id=run_id, artifact_path="forest/")],
    ):
        assert names == ["forest/deep"]
    assert client.list_artifacts(run_id, "forest/deep")[0].path == "forest/deep/MLmodel"
    assert [file.path for file in artifacts.list_artifacts(f"runs:/{run_id}")] == ["plain"]
    for fetched in (
        client.download_artifacts(run_id, "forest/deep/MLmodel"),
        artifacts.download_artifacts(run_id=run_id, artifact_path="forest/deep/MLmodel"),
        artifacts.download_artifacts(f"runs:/{run_id}/forest/deep/MLmodel", dst_path=tmp_path),
    ):
        assert Path(fetched).read_text() == "flavors: {}"
    with pytest.raises(NotFound):
        client.download_artifacts(run_id, "tree/deep/MLmodel")


def test_what_is_not_there_to_log_is_told_as_python_tells_it(run: Any, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no file or folder to log: .*absent"):
        millstream.log_artifact(tmp_path / "absent")
    with pytest.warns(RuntimeWarning, match="no folder '.*absent'"):
        millstream.log_artifacts(tmp_path / "absent")
    millstream.log_text("<b>", "page.html")
    with pytest.raises(BadRequest, match="Unable to form a JSON object from file content"):
        artifacts.load_dict(millstream.get_artifact_uri("page.html"))


def test_files_of_logged_models(folder: Path, tmp_path: Path) -> None:
    client = millstream.MillstreamClient()
    model = client.create_logged_model("0", name="m")
    (tmp_path / "w.bin").write_bytes(b"w")
    client.log_model_artifact(model.model_id, str(tmp_path / "w.bin"), "deep")
    client.log_model_artifacts(model.model_id, str(tmp_path / "runs" / "artifacts"))
    names = [file.path for file in client.list_logged_model_artifacts(model.model_id)]
    assert "deep" in names
    assert [f.path for f in client.list_logged_model_artifacts(model.model_id, "deep")] == [
        "deep/w.bin"
    ]
    assert artifacts.load_text(f"models:/{model.model_id}/deep/w.bin") == "w"


def test_images_are_files_or_series(run: Any) -> None:
    pixels = numpy.zeros((40, 600, 3), dtype=numpy.uint8)
    pixels[:, :, 0] = 200
    millstream.log_image(pixels, "i/x.png")
    millstream.log_image(millstream.Image(pixels), "y.jpg")
    millstream.log_image(pixels, key="a/b", step=3, timestamp=77)
    assert artifacts.load_image(f"runs:/{run.info.run_id}/i/x.png").size == (600, 40)
    whole, small = sorted(paths(run.info.run_id, "images"), key=len)
    assert whole.startswith("images/a~b+step+3+timestamp+77+")
    assert small == whole.removesuffix(".png") + "+compressed.webp"
    assert artifacts.load_image(f"runs:/{run.info.run_id}/{small}").size == (256, 17)
    assert millstream.get_run(run.info.run_id).data.tags["mlflow.loggedImages"] == "True"


def test_images_of_all_kinds_of_numbers() -> None:
    image = millstream.Image
    ones = numpy.ones((2, 3))
    assert image(ones.astype(bool)).to_array().max() == 255
    assert image(ones * 0.5).to_array().tolist() == [[127] * 3] * 2
    assert image(numpy.ones((2, 3, 1), dtype=numpy.int64) * 7).to_array().shape == (2, 3)
    assert image(numpy.ones((2, 3, 4), dtype=numpy.uint8)).size == (3, 2)
    assert image([[0, 255], [255, 0]]).to_list() == [0, 255, 255, 0]
    assert image(ones).resize((6, 4)).size == (6, 4)
    with pytest.warns(UserWarning, match="Rescaling values"):
        scaled = image(numpy.array([[-1.0, 3.0]])).to_array()
    assert scaled.tolist() == [[0, 255]]


@pytest.mark.parametrize(
    ("pixels", "error", "message"),
    [
        (numpy.ones((2, 2), dtype=int) * 300, ValueError, "out of acceptable range"),
        (numpy.ones((2, 2, 2), dtype=numpy.uint8), ValueError, "Invalid channel length: 2"),
        (numpy.zeros(4), ValueError, "must be a 2D or 3D array"),
        (numpy.array([["a"]]), TypeError, "Invalid array data type: '<U1'"),
        ("text", TypeError, "Unsupported image object type"),
    ],
)
def test_what_is_no_image_is_refused(pixels: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        millstream.Image(pixels)


def test_an_image_is_a_file_or_of_a_series_not_both(run: Any) -> None:
    pixels = numpy.zeros((2, 2))
    with pytest.raises(TypeError, match="cannot be used in conjunction"):
        millstream.log_image(pixels, "x.png", key="a")
    with pytest.raises(TypeError, match="exactly one of"):
        millstream.log_image(pixels)


def test_tables_grow_and_come_back_as_frames(run: Any) -> None:
    pandas: Any = import_module("pandas")
    millstream.log_table({"a": [1, 2], "b": ["x", "y"]}, "t.json")
    millstream.log_table(pandas.DataFrame({"a": [3], "c": [float("nan")]}), "t.json")
    millstream.log_table({"a": 4, "c": numpy.float32(0.5)}, "t.json")
    assert json.loads(local(run, "t.json").read_text()) == {
        "columns": ["a", "b", "c"],
        "data": [[1, "x", None], [2, "y", None], [3, None, None], [4, None, 0.5]],
    }
    tags = millstream.get_run(run.info.run_id).data.tags
    assert json.loads(tags["mlflow.loggedArtifacts"]) == [{"path": "t.json", "type": "table"}]
    millstream.log_table({"z": [1]}, "u.json")
    frame = millstream.load_table("t.json", extra_columns=["run_id"])
    assert list(frame.columns) == ["a", "b", "c", "run_id"]
    assert frame["a"].tolist() == [1, 2, 3, 4]
    assert set(frame["run_id"]) == {run.info.run_id}
    with pytest.raises(NotFound, match="No runs found with the corresponding table artifact"):
        millstream.load_table("none.json")
    with pytest.raises(NotFound):
        millstream.load_table("t.json", run_ids=["other"])


def test_tables_of_other_forms_are_refused(run: Any) -> None:
    with pytest.raises(ValueError, match=r"'.json' or '.parquet' extension"):
        millstream.log_table({"a": 1}, "t.csv")
    with pytest.raises(InvalidParameter, match=r"data must be a pandas.DataFrame or a dictionary"):
        millstream.log_table([1], "t.json")
    with pytest.raises(InvalidParameter, match="must be of one length"):
        millstream.log_table({"a": [1, 2], "b": [1]}, "t.json")
