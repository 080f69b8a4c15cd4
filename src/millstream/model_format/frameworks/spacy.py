"""spaCy: a pipeline as a model directory and back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import spacy
from spacy.pipeline import TextCategorizer

from millstream.errors import InvalidParameter
from millstream.model_format.deserialize import without_pickles
from millstream.model_format.directory import inside
from millstream.model_format.interface import Saved
from millstream.model_format.manifest import Manifest

DATA = "model.spacy"


def save(native: Any, directory: Path) -> Saved:
    """Write the pipeline in spaCy's own format; it predicts if it categorises texts."""
    if not isinstance(native, spacy.Language):
        raise TypeError(f"`spacy_model` must be a spacy.Language, not {native!r}")
    native.to_disk(directory / DATA)
    categorises = any(isinstance(one, TextCategorizer) for _, one in native.pipeline)
    return Saved(
        flavor={"data": DATA, "spacy_version": spacy.__version__},
        pyfunc={"data": DATA} if categorises else None,
        modules={"spacy", "pandas"},
        predict=SpacyPredictor(native).predict if categorises else None,
    )


def load(directory: Path, flavor: Mapping[str, Any], allow_pickle: bool, **_options: Any) -> Any:
    """The pipeline; its components must be known to spaCy, by import or installation."""
    path = inside(directory, str(flavor.get("data") or DATA))
    with without_pickles(allow_pickle):
        return spacy.load(path)


class SpacyPredictor:
    """A pipeline that categorises texts, behind the one interface of all models."""

    def __init__(self, pipeline: Any) -> None:
        self.spacy_model = pipeline

    def predict(self, data: Any, _params: dict[str, Any] | None = None) -> pd.DataFrame:
        """The categories and scores of each text, as dictionaries in the column `predictions`.

        The data are a DataFrame with one column of texts, a Series or a list of them, or a text.
        """
        texts = list(_column(data))
        for row, text in enumerate(texts):
            if not isinstance(text, str):
                raise InvalidParameter(f"row {row} must be a text, not {text!r}")
        found = [document.cats for document in self.spacy_model.pipe(texts)]
        return pd.DataFrame({"predictions": found})

    def get_raw_model(self) -> Any:
        """The pipeline."""
        return self.spacy_model


def _column(data: Any) -> Any:
    if not isinstance(data, pd.DataFrame):
        return [data] if isinstance(data, str) else data
    if len(data.columns) != 1:
        raise InvalidParameter(
            f"the data must have one column, of texts, not {len(data.columns)}: "
            f"{list(data.columns)}"
        )
    return data.iloc[:, 0]


def load_predictor(
    directory: Path, model: Manifest, allow_pickle: bool, _config: Mapping[str, Any]
) -> SpacyPredictor:
    """The pipeline of a directory, ready to predict."""
    flavor = model.flavors.get("spacy") or model.flavor("python_function")
    return SpacyPredictor(load(directory, flavor, allow_pickle))
