from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import spacy
from spacy.training import Example
from tests.frameworks.both_ways import GoesBothWays

from millstream.errors import InvalidParameter, NotFound
from millstream.integrations import pyfunc
from millstream.integrations import spacy as flavor

TEXTS = {"good nice": 1.0, "bad awful": 0.0}


def pipeline(component: str = "textcat") -> Any:
    spacy.util.fix_random_seed(7)
    found = spacy.blank("en")
    categoriser = found.add_pipe(component)
    categoriser.add_label("POSITIVE")
    categoriser.add_label("NEGATIVE")
    examples = [
        Example.from_dict(
            found.make_doc(text), {"cats": {"POSITIVE": score, "NEGATIVE": 1 - score}}
        )
        for text, score in TEXTS.items()
    ]
    found.initialize(lambda: examples)
    for _ in range(5):
        found.update(examples)
    return found


def texts() -> pd.DataFrame:
    return pd.DataFrame({"text": ["good", "something awful", "nice and good"]})


def _categories(answer: Any) -> Any:
    if not isinstance(answer, pd.DataFrame):
        return answer
    assert list(answer.columns) == ["predictions"]
    return answer["predictions"].tolist()


class TestCategoriser(GoesBothWays):
    flavor = "spacy"

    def native(self) -> Any:
        return pipeline()

    def data(self) -> Any:
        return texts()

    def ask(self, native: Any, data: Any) -> Any:
        return [native(text).cats for text in data["text"]]

    def same(self, found: Any, expected: Any) -> None:
        found, expected = (_categories(answer) for answer in (found, expected))
        assert [list(one) for one in found] == [list(one) for one in expected]
        here, there = (
            np.array([list(one.values()) for one in answer]) for answer in (found, expected)
        )
        np.testing.assert_allclose(here, there, rtol=1e-5, atol=1e-6)

    @pytest.mark.parametrize(
        "form", [lambda frame: frame["text"], lambda frame: list(frame["text"])]
    )
    def test_other_forms_of_texts_are_taken(self, trained: Any, tmp_path: Path, form: Any) -> None:
        flavor.save_model(trained, tmp_path / "m")
        self.same(
            pyfunc.load_model(tmp_path / "m").predict(form(texts())), self.ask(trained, texts())
        )

    def test_more_columns_and_other_values_are_refused_by_name(
        self, trained: Any, tmp_path: Path
    ) -> None:
        flavor.save_model(trained, tmp_path / "m")
        model = pyfunc.load_model(tmp_path / "m")
        with pytest.raises(InvalidParameter, match=r"one column.*\['text', 'other'\]"):
            model.predict(texts().assign(other="more"))
        with pytest.raises(InvalidParameter, match=r"row 1 must be a text, not 3"):
            model.predict(["good", 3])


class TestManyLabels(TestCategoriser):
    def native(self) -> Any:
        return pipeline("textcat_multilabel")


def test_a_pipeline_that_finds_names_has_its_own_flavor_only(tmp_path: Path) -> None:
    spacy.util.fix_random_seed(7)
    native = spacy.blank("en")
    native.add_pipe("ner").add_label("ORG")
    entities = {"entities": [(7, 11, "ORG")]}
    examples = [Example.from_dict(native.make_doc("I like Acme"), entities)]
    native.initialize(lambda: examples)
    for _ in range(20):
        native.update(examples)
    flavor.save_model(native, tmp_path / "m", input_example=texts())
    loaded = flavor.load_model(tmp_path / "m")
    found = [entity.text for entity in loaded("I like Acme").ents]
    assert found == [entity.text for entity in native("I like Acme").ents] == ["Acme"]
    with pytest.raises(NotFound, match="python_function"):
        pyfunc.load_model(tmp_path / "m")


def test_what_is_no_pipeline_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match=r"spacy\.Language, not 3"):
        flavor.save_model(3, tmp_path / "m")
