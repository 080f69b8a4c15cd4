from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

os.environ["HF_HUB_OFFLINE"] = "1"  # read when the libraries are imported

import numpy as np
import pandas as pd
import pytest
import torch
from tests.frameworks.both_ways import GoesBothWays, assert_equal_answers, predict_with_mlflow
from tests.frameworks.tiny_transformers import WORDS, sizes, tokenizer
from tests.frameworks.torch_build import CPU_BUILD_AT_HAND
from transformers import (
    BertConfig,
    BertForMaskedLM,
    BertForSequenceClassification,
    BertForTokenClassification,
    BertModel,
    GPT2Config,
    GPT2LMHeadModel,
    pipeline,
)

from millstream.errors import InvalidParameter, MillstreamError, NotSupported
from millstream.integrations import pyfunc
from millstream.integrations import transformers as flavor
from millstream.model_format.directory import seal
from millstream.model_format.manifest import Manifest

TEXTS = ["good film", "bad", "who is awful"]
GREEDY = {"max_new_tokens": 3, "do_sample": False}


def bert(kind: Any, **options: Any) -> Any:
    torch.manual_seed(7)
    return kind(BertConfig(**sizes(**options))).eval()


def generator() -> Any:
    torch.manual_seed(7)
    config = GPT2Config(
        vocab_size=len(WORDS), n_positions=32, n_embd=16, n_layer=1, n_head=2,
        bos_token_id=2, eos_token_id=3,
    )  # fmt: skip
    return GPT2LMHeadModel(config).eval()


def made(task: str, model: Any) -> Any:
    return pipeline(task, model=model, tokenizer=tokenizer(), device="cpu")


def classifier() -> Any:
    return made("text-classification", bert(BertForSequenceClassification))


class Contract(GoesBothWays):
    flavor = "transformers"
    tolerance = 1e-5
    if not CPU_BUILD_AT_HAND:
        test_it_loads_in_a_clean_environment = None  # type: ignore[assignment]  # not collected

    def data(self) -> Any:
        return TEXTS

    def test_the_manifest_is_what_mlflow_writes(
        self, trained: Any, saved: Path, tmp_path: Path
    ) -> None:
        """But for the note on licences, which MLflow looks up in the hub."""
        (saved / "LICENSE.txt").touch()
        super().test_the_manifest_is_what_mlflow_writes(trained, saved, tmp_path)


class TestClassification(Contract):
    def native(self) -> Any:
        return classifier()

    def ask(self, native: Any, data: Any) -> Any:
        return pd.DataFrame(native(data))

    def same(self, found: Any, expected: Any) -> None:
        assert_equal_answers(found, expected, self.tolerance)

    def test_other_containers_of_texts_give_the_same(self, trained: Any, saved: Path) -> None:
        model = pyfunc.load_model(saved)
        for form in (pd.DataFrame({"x": TEXTS}), np.array(TEXTS), pd.Series(TEXTS)):
            self.same(model.predict(form), self.ask(trained, TEXTS))

    def test_arguments_of_the_call_are_params(self, saved: Path) -> None:
        found = pyfunc.load_model(saved)._model_impl.predict("good", {"top_k": 2})
        assert sorted(found["label"]) == ["LABEL_0", "LABEL_1"]
        assert found["score"].sum() == pytest.approx(1)


class TestFeatures(Contract):
    same_signature = False  # MLflow sees the vector of the first token

    def native(self) -> Any:
        return made("feature-extraction", bert(BertModel))

    def data(self) -> Any:
        return "good film"

    def ask(self, native: Any, data: Any) -> Any:
        return np.asarray(native(data))[0]

    def test_no_input_is_lost_among_several(self, trained: Any, saved: Path) -> None:
        model = pyfunc.load_model(saved)
        alike = model.predict(["good film", "bad film"])
        assert alike.shape == (2, 4, 16)
        self.same(alike[1], self.ask(trained, "bad film"))
        several = model.predict(TEXTS)
        assert [one.shape for one in several] == [(4, 16), (3, 16), (5, 16)]


class Texts(Contract):
    def same(self, found: Any, expected: Any) -> None:
        assert found == expected


class TestGeneration(Texts):
    options = {"model_config": GREEDY}

    def native(self) -> Any:
        return made("text-generation", generator())

    def ask(self, native: Any, data: Any) -> Any:
        return [one[0]["generated_text"] for one in native(data, **GREEDY)]

    def test_a_template_is_put_around_every_text(self, trained: Any, tmp_path: Path) -> None:
        template = "the {prompt} film"
        flavor.save_model(trained, tmp_path / "m", prompt_template=template, model_config=GREEDY)
        found = pyfunc.load_model(tmp_path / "m").predict(TEXTS)
        assert found == predict_with_mlflow(tmp_path / "m", TEXTS)
        prompts = [template.replace("{prompt}", text) for text in TEXTS]
        expected = trained(prompts, return_full_text=False, **GREEDY)
        assert found == [one[0]["generated_text"] for one in expected]

    def test_a_template_without_its_place_is_refused(self, trained: Any, tmp_path: Path) -> None:
        for template in ("no place", "{prompt} {prompt}"):
            with pytest.raises(InvalidParameter, match=r"\{prompt\}' once"):
                flavor.save_model(trained, tmp_path / "m", prompt_template=template)

    def test_params_of_the_signature_win_over_the_config(
        self, trained: Any, tmp_path: Path
    ) -> None:
        example = ("good film", {"max_new_tokens": 2})
        flavor.save_model(trained, tmp_path / "m", model_config=GREEDY, input_example=example)
        model = pyfunc.load_model(tmp_path / "m")
        for asked, count in ((None, 2), ({"max_new_tokens": 5}, 5)):
            options = {"do_sample": False, "max_new_tokens": count}
            expected = trained("good film", **options)[0]["generated_text"]
            assert model.predict("good film", params=asked) == [expected]


class TestTokens(Texts):
    def native(self) -> Any:
        return made("token-classification", bert(BertForTokenClassification))

    def ask(self, native: Any, data: Any) -> Any:
        return [",".join(token["entity"] for token in one) for one in native(data)]


class TestMasks(Texts):
    def native(self) -> Any:
        return made("fill-mask", bert(BertForMaskedLM))

    def data(self) -> Any:
        return ["the [MASK] film", "a [MASK]"]

    def ask(self, native: Any, data: Any) -> Any:
        return [one[0]["token_str"] for one in native(data)]


class TestZeroShot(Contract):
    same_signature = False  # MLflow takes the labels as a text
    labels = ["good", "bad"]

    def native(self) -> Any:
        names = {0: "entailment", 1: "neutral", 2: "contradiction"}
        ids = {name: number for number, name in names.items()}
        model = bert(BertForSequenceClassification, num_labels=3, id2label=names, label2id=ids)
        return made("zero-shot-classification", model)

    def data(self) -> Any:
        return pd.DataFrame(
            {
                "sequences": ["good film", "bad"],
                "candidate_labels": [json.dumps(self.labels)] * 2,
                "hypothesis_template": ["the film is {}"] * 2,
            }
        )

    def ask(self, native: Any, data: Any) -> Any:
        options = {"candidate_labels": self.labels, "hypothesis_template": "the film is {}"}
        found = native(data["sequences"].tolist(), **options)
        return pd.concat([pd.DataFrame(one) for one in found], ignore_index=True)

    def same(self, found: Any, expected: Any) -> None:
        assert_equal_answers(found, expected, self.tolerance)

    def test_labels_are_given_as_a_list_too(self, trained: Any, tmp_path: Path) -> None:
        example = {
            "sequences": "good film",
            "candidate_labels": self.labels,
            "hypothesis_template": "the film is {}",
        }
        flavor.save_model(trained, tmp_path / "m", input_example=example)
        found = pyfunc.load_model(tmp_path / "m").predict(example)
        self.same(found, self.ask(trained, self.data().head(1)))

    def test_the_template_of_hypotheses_may_be_left_out(self, trained: Any, tmp_path: Path) -> None:
        flavor.save_model(trained, tmp_path / "m")
        found = pyfunc.load_model(tmp_path / "m").predict(self.data().iloc[:1, :2])
        expected = trained("good film", candidate_labels=self.labels)
        assert found["scores"].tolist() == pytest.approx(expected["scores"])

    def test_a_row_without_labels_is_refused_by_number(self, saved: Path) -> None:
        with pytest.raises(InvalidParameter, match="row 0 must have 'sequences' and"):
            pyfunc.load_model(saved)._model_impl.predict(["good"])


class TestSaving:
    def test_components_need_their_task(self, tmp_path: Path) -> None:
        parts = {"model": bert(BertForSequenceClassification), "tokenizer": tokenizer()}
        with pytest.raises(InvalidParameter, match="give `task`"):
            flavor.save_model(parts, tmp_path / "m")
        flavor.save_model(parts, tmp_path / "c", task="text-classification")
        found = flavor.load_model(tmp_path / "c", return_type="components")
        assert found.keys() >= {"task", "model", "tokenizer"}
        assert isinstance(found["model"], BertForSequenceClassification)
        assert pyfunc.load_model(tmp_path / "c").metadata.get_output_schema() is not None

    def test_the_folder_of_a_checkpoint_can_be_saved(self, tmp_path: Path) -> None:
        native = classifier()
        native.save_pretrained(tmp_path / "checkpoint")
        folder = str(tmp_path / "checkpoint")
        flavor.save_model(folder, tmp_path / "m", task="text-classification")
        assert flavor.load_model(tmp_path / "m")(TEXTS) == native(TEXTS)

    def test_weights_come_back_in_the_type_that_is_asked_for(self, tmp_path: Path) -> None:
        flavor.save_model(classifier(), tmp_path / "m", torch_dtype=torch.bfloat16)
        assert flavor.load_model(tmp_path / "m").model.dtype == torch.bfloat16
        assert Manifest.read(tmp_path / "m").flavors["transformers"]["torch_dtype"] == (
            "torch.bfloat16"
        )

    def test_what_is_none_of_these_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidParameter, match="a pipeline, a dictionary"):
            flavor.save_model(3, tmp_path / "3")
        with pytest.raises(InvalidParameter, match=r"'model', not only \['tokenizer'\]"):
            flavor.save_model({"tokenizer": tokenizer()}, tmp_path / "t", task="fill-mask")
        with pytest.raises(NotSupported, match="llm/v1/chat"):
            flavor.save_model(classifier(), tmp_path / "l", task="llm/v1/chat")


class TestLoading:
    def test_a_model_that_only_names_its_weights_is_refused(self, tmp_path: Path) -> None:
        flavor.save_model(classifier(), tmp_path / "m")
        manifest = Manifest.read(tmp_path / "m")
        del manifest.flavors["transformers"]["model_binary"]
        manifest.flavors["transformers"] |= {"source_model_name": "someone/something"}
        manifest.save(tmp_path / "m" / "MLmodel")
        with pytest.raises(NotSupported, match=r"someone/something.*save_pretrained=True"):
            flavor.load_model(tmp_path / "m")

    def test_pickled_weights_are_refused_where_pickles_are(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        flavor.save_model(classifier(), tmp_path / "m")
        weights = tmp_path / "m" / "model" / "model.safetensors"
        torch.save(classifier().model.state_dict(), weights.with_name("pytorch_model.bin"))
        weights.unlink()
        seal(tmp_path / "m")
        assert flavor.load_model(tmp_path / "m")(TEXTS) == classifier()(TEXTS)
        monkeypatch.setenv("MILLSTREAM_ALLOW_PICKLE", "false")
        for load in (flavor.load_model, pyfunc.load_model):
            with pytest.raises(MillstreamError, match=r"disallowed.*safetensors"):
                load(tmp_path / "m")

    def test_code_in_a_model_is_not_run_where_that_is_forbidden(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        flavor.save_model(classifier(), tmp_path / "m")
        manifest = Manifest.read(tmp_path / "m")
        manifest.flavors["transformers"]["pipeline_model_type"] = "Trap"
        manifest.save(tmp_path / "m" / "MLmodel")
        folder = tmp_path / "m" / "model"
        config = json.loads((folder / "config.json").read_bytes())
        config["model_type"] = "trap"
        config["auto_map"] = {"AutoConfig": "trap.Trap", "AutoModel": "trap.Trap"}
        (folder / "config.json").write_text(json.dumps(config))
        (folder / "trap.py").write_text(f"open({str(tmp_path / 'trace')!r}, 'w')\n")
        seal(tmp_path / "m")
        monkeypatch.setenv("MILLSTREAM_ALLOW_PICKLE", "false")
        for load in (flavor.load_model, pyfunc.load_model):
            with pytest.raises(ValueError, match="trust_remote_code"):
                load(tmp_path / "m")
        assert not (tmp_path / "trace").exists()

    def test_another_type_to_return_is_refused(self, tmp_path: Path) -> None:
        flavor.save_model(classifier(), tmp_path / "m")
        with pytest.raises(InvalidParameter, match="'pipeline' or 'components', not 'x'"):
            flavor.load_model(tmp_path / "m", return_type="x")
