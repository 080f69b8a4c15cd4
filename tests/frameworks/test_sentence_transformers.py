from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

os.environ["HF_HUB_OFFLINE"] = "1"  # read when the libraries are imported

import numpy as np
import pandas as pd
import pytest
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.models import Pooling, Transformer
from tests.frameworks.both_ways import GoesBothWays, predict_with_mlflow, save_with_mlflow
from tests.frameworks.tiny_transformers import sizes, tokenizer
from tests.frameworks.torch_build import CPU_BUILD_AT_HAND
from transformers import BertConfig, BertModel

from millstream.errors import InvalidParameter, MillstreamError
from millstream.integrations import pyfunc
from millstream.integrations import sentence_transformers as flavor
from millstream.model_format.directory import seal
from millstream.model_format.manifest import Manifest

TEXTS = ["good film", "bad", "who is awful"]
TASK = "llm/v1/embeddings"


def embedder() -> Any:
    torch.manual_seed(7)
    with tempfile.TemporaryDirectory() as folder:
        BertModel(BertConfig(**sizes())).save_pretrained(folder)
        tokenizer().save_pretrained(folder)
        words = Transformer(folder)
    return SentenceTransformer(modules=[words, Pooling(16)], device="cpu")


class TestEmbedder(GoesBothWays):
    flavor = "sentence_transformers"
    tolerance = 1e-5
    if not CPU_BUILD_AT_HAND:
        test_it_loads_in_a_clean_environment = None  # type: ignore[assignment]  # not collected

    def native(self) -> Any:
        return embedder()

    def data(self) -> Any:
        return TEXTS

    def ask(self, native: Any, data: Any) -> Any:
        return native.encode(data)

    def test_the_manifest_is_what_mlflow_writes(
        self, trained: Any, saved: Path, tmp_path: Path
    ) -> None:
        super().test_the_manifest_is_what_mlflow_writes(trained, saved, tmp_path)
        flavor.save_model(trained, tmp_path / "plain")
        save_with_mlflow(self.flavor, trained, tmp_path / "plain-theirs")
        ours, theirs = (Manifest.read(tmp_path / name) for name in ("plain", "plain-theirs"))
        assert ours.signature == theirs.signature

    def test_texts_in_other_containers_give_the_same(self, trained: Any, saved: Path) -> None:
        model = pyfunc.load_model(saved)
        for form in (pd.DataFrame({"x": TEXTS}), np.array(TEXTS), pd.Series(TEXTS), {"x": TEXTS}):
            self.same(model.predict(form), trained.encode(TEXTS))
        assert model._model_impl.predict("good film").shape == (16,)

    def test_options_of_encode_are_params(self, saved: Path) -> None:
        found = pyfunc.load_model(saved)._model_impl.predict(TEXTS, {"normalize_embeddings": True})
        np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, rtol=1e-5)

    def test_the_inference_config_is_applied(self, trained: Any, tmp_path: Path) -> None:
        options = {"normalize_embeddings": True}
        flavor.save_model(trained, tmp_path / "m", inference_config=options)
        found = pyfunc.load_model(tmp_path / "m").predict(TEXTS)
        np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, rtol=1e-5)

    def test_the_task_of_embeddings_answers_as_the_service_does(
        self, trained: Any, tmp_path: Path
    ) -> None:
        flavor.save_model(trained, tmp_path / "m", task=TASK)
        save_with_mlflow(self.flavor, trained, tmp_path / "t", task=TASK)
        ours, theirs = (Manifest.read(tmp_path / name) for name in ("m", "t"))
        assert (ours.signature, ours.metadata) == (theirs.signature, theirs.metadata)
        assert ours.flavors == theirs.flavors
        for data in ({"input": TEXTS}, {"input": "good film"}):
            found = pyfunc.load_model(tmp_path / "m").predict(data)
            expected = predict_with_mlflow(tmp_path / "t", data)
            assert found["usage"] == expected["usage"]
            assert [one["index"] for one in found["data"]] == list(range(len(expected["data"])))
            for here, there in zip(found["data"], expected["data"], strict=True):
                self.same(here["embedding"], there["embedding"])

    def test_what_is_no_text_is_refused_by_row(self, saved: Path) -> None:
        predictor = pyfunc.load_model(saved)._model_impl
        with pytest.raises(InvalidParameter, match="row 1 must be a text, not None"):
            predictor.predict(["good", None])
        with pytest.raises(InvalidParameter, match=r"one column.*\['x', 'y'\]"):
            predictor.predict(pd.DataFrame({"x": TEXTS, "y": TEXTS}))


class TestSafety:
    def test_a_class_that_is_not_the_library_s_is_not_imported(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        flavor.save_model(embedder(), tmp_path / "m")
        folder = tmp_path / "m" / "model.sentence_transformer"
        modules = json.loads((folder / "modules.json").read_bytes())
        modules[1]["type"] = "trap.Trap"
        (folder / "modules.json").write_text(json.dumps(modules))
        (folder / "trap.py").write_text(f"open({str(tmp_path / 'trace')!r}, 'w')\n")
        seal(tmp_path / "m")
        monkeypatch.setenv("MILLSTREAM_ALLOW_PICKLE", "false")
        for load in (flavor.load_model, pyfunc.load_model):
            with pytest.raises(MillstreamError, match=r"disallowed.*trap\.Trap.*trap\.py"):
                load(tmp_path / "m")
        assert not (tmp_path / "trace").exists()


class TestSaving:
    def test_another_task_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidParameter, match=r"llm/v1/embeddings.*not 'chat'"):
            flavor.save_model(embedder(), tmp_path / "m", task="chat")

    def test_what_is_no_such_model_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(TypeError, match="SentenceTransformer, not 3"):
            flavor.save_model(3, tmp_path / "m")
