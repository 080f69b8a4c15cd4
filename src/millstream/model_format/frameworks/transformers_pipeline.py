"""A pipeline of Transformers behind the one interface of all models: its inputs and outputs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from millstream.errors import InvalidParameter

_TEXTS = {
    "text-generation": "generated_text",
    "text2text-generation": "generated_text",
    "summarization": "summary_text",
    "translation": "translation_text",
    "fill-mask": "token_str",
    "question-answering": "answer",
    "table-question-answering": "answer",
    "automatic-speech-recognition": "text",
    "image-to-text": "generated_text",
}
"""Of which key of its answers the text is what the task is for."""

PROMPT = "{prompt}"
_ZERO_SHOT = "zero-shot-classification"


class PipelinePredictor:
    """A pipeline with options of its call, and a template for its texts."""

    def __init__(
        self, pipeline: Any, config: Mapping[str, Any], prompt_template: str | None = None
    ) -> None:
        self.pipeline = pipeline
        self.model_config = dict(config)
        self.prompt_template = prompt_template
        self._task = str(pipeline.task).partition("_")[0]

    def predict(self, data: Any, params: dict[str, Any] | None = None) -> Any:
        """The answers of the pipeline, one per input.

        Texts, or the labels of tokens joined by commas, as a list; classes with their scores as a
        DataFrame; features as an array of the tokens' vectors, or a list of such arrays. Other
        tasks give what the pipeline does. The data are a text, a list or array of them, a
        DataFrame with one column of them, or with one column per argument of the pipeline.
        `params` are further arguments.
        """
        options = {**self.model_config, **(params or {})}
        inputs = self._prompted(_inputs(data))
        if self._task == _ZERO_SHOT:
            return self._zero_shot(inputs, options)
        answers = self.pipeline(inputs, **options)
        # One input is answered alone by some tasks and in a list by others.
        return self._form(answers if isinstance(answers, list) else [answers])

    def _form(self, answers: list[Any]) -> Any:
        if self._task == "text-classification":
            return pd.DataFrame(answers)
        if self._task == "feature-extraction":
            return _features(answers)
        if self._task == "token-classification":
            return [_labels(tokens) for tokens in _per_input(answers)]
        if self._task in _TEXTS:
            key = _TEXTS[self._task]
            return [text for one in answers for text in _texts_of(one, key, self._task)]
        return answers

    def _zero_shot(self, inputs: Any, options: dict[str, Any]) -> pd.DataFrame:
        rows = inputs if isinstance(inputs, list) else [inputs]
        answers: list[dict[str, Any]] = []
        for number, row in enumerate(rows):
            if not isinstance(row, Mapping) or not {"sequences", "candidate_labels"} <= row.keys():
                raise InvalidParameter(
                    f"row {number} must have 'sequences' and 'candidate_labels', not {row!r}"
                )
            labels = {"candidate_labels": _label_list(row["candidate_labels"])}
            others = {
                name: value
                for name, value in row.items()
                if name not in ("sequences", "candidate_labels")
            }
            found = self.pipeline(row["sequences"], **labels, **others, **options)
            answers += found if isinstance(found, list) else [found]
        columns = {
            "sequence": [one["sequence"] for one in answers for _ in one["labels"]],
            "labels": [label for one in answers for label in one["labels"]],
            "scores": [score for one in answers for score in one["scores"]],
        }
        return pd.DataFrame(columns)

    def _prompted(self, inputs: Any) -> Any:
        if self.prompt_template is None:
            return inputs
        if isinstance(inputs, list):
            return [self._prompted(one) for one in inputs]
        return self.prompt_template.replace(PROMPT, inputs) if isinstance(inputs, str) else inputs

    def get_raw_model(self) -> Any:
        """The pipeline."""
        return self.pipeline


def _inputs(data: Any) -> Any:
    """What the pipeline is called with: one input, or a list."""
    if isinstance(data, pd.DataFrame):
        if len(data.columns) == 1:
            return data.iloc[:, 0].tolist()
        return data.to_dict(orient="records")
    return data.tolist() if isinstance(data, (np.ndarray, pd.Series)) else data


def _label_list(labels: Any) -> Any:
    """Labels, which travel in a column of texts as a JSON list."""
    if isinstance(labels, str) and labels.lstrip().startswith("["):
        return json.loads(labels)
    return list(labels) if isinstance(labels, (np.ndarray, tuple)) else labels


def _per_input(answers: list[Any]) -> list[Any]:
    """Lists of tokens, one per input, also where there was one input."""
    return answers if answers and isinstance(answers[0], list) else [answers]


def _labels(tokens: list[dict[str, Any]]) -> str:
    return ",".join(str(one.get("entity_group") or one.get("entity")) for one in tokens)


def _texts_of(answer: Any, key: str, task: str) -> list[Any]:
    """The texts of an answer; of the words that may fill a mask the likeliest."""
    several = answer if isinstance(answer, list) else [answer]
    texts = [one[key] if isinstance(one, Mapping) else one for one in several]
    return texts[:1] if task == "fill-mask" else texts


def _features(answers: list[Any]) -> Any:
    """Per input an array of the shape (tokens, size of a vector)."""
    arrays = [np.asarray(one, dtype=np.float64) for one in answers]
    arrays = [one[0] if one.ndim == 3 and len(one) == 1 else one for one in arrays]
    if len(arrays) == 1:
        return arrays[0]
    same = len({one.shape for one in arrays}) == 1
    return np.stack(arrays) if same else arrays
