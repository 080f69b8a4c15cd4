"""A model of embeddings behind the one interface of all models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from millstream.errors import InvalidParameter

_INPUT = "input"


class SentencePredictor:
    """A model of embeddings behind the one interface of all models."""

    def __init__(
        self, model: Any, task: str | None, inference_config: Mapping[str, Any] | None
    ) -> None:
        self.model = model
        self.task = task
        self._config = dict(inference_config or {})

    def predict(self, data: Any, params: dict[str, Any] | None = None) -> Any:
        """The embedding of a text, or an array of one per text; `params` are those of `encode`.

        The data are texts, or a DataFrame with one column of them. With the task of embeddings,
        the texts in its column `input` are answered in OpenAI's form.
        """
        asked = self.task is not None and not isinstance(data, (str, list))
        if isinstance(data, Mapping):
            data = pd.DataFrame({name: _list(value) for name, value in data.items()})
        texts = _texts(data)
        options = {"show_progress_bar": False, **self._config, **(params or {})}
        found = self.model.encode(texts, **options)
        return self._answer(texts, found) if asked else found

    def _answer(self, texts: list[str], found: Any) -> dict[str, Any]:
        tokens = sum(len(self.model.tokenizer(text)["input_ids"]) for text in texts)
        return {
            "object": "list",
            "data": [
                {"object": "embedding", "index": index, "embedding": embedding}
                for index, embedding in enumerate(found)
            ],
            "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
        }

    def get_raw_model(self) -> Any:
        """The model."""
        return self.model


def _texts(data: Any) -> Any:
    if isinstance(data, str):
        return data
    if isinstance(data, pd.DataFrame):
        if _INPUT in data.columns:
            data = data[_INPUT]
        elif len(data.columns) == 1:
            data = data.iloc[:, 0]
        else:
            raise InvalidParameter(
                f"the data must have one column, of texts, or one named {_INPUT!r}, not "
                f"{list(data.columns)}"
            )
    texts = _list(data)
    for row, text in enumerate(texts):
        if not isinstance(text, str):
            raise InvalidParameter(f"row {row} must be a text, not {text!r}")
    return texts


def _list(value: Any) -> list[Any]:
    return [value] if isinstance(value, str) else list(value)
