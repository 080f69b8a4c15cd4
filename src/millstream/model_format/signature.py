"""What a model takes, gives and can be told: its signature."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from millstream.errors import InvalidParameter
from millstream.model_format.inference import CannotInfer, infer_param_schema, infer_schema
from millstream.model_format.schema import ColSpec, ParamSchema, Schema
from millstream.model_format.value_types import AnyType

_logger = logging.getLogger("millstream.models")


class ModelSignature:
    """Schemas of inputs, outputs and params; at least one of them."""

    def __init__(
        self,
        inputs: Schema | None = None,
        outputs: Schema | None = None,
        params: ParamSchema | None = None,
    ) -> None:
        for name, given, kind in (
            ("inputs", inputs, Schema),
            ("outputs", outputs, Schema),
            ("params", params, ParamSchema),
        ):
            if given is not None and not isinstance(given, kind):
                raise TypeError(f"{name} must be a {kind.__name__} or None, not {given!r}")
        if inputs is None and outputs is None and params is None:
            raise ValueError("At least one of inputs, outputs or params must be provided")
        self.inputs = inputs
        self.outputs = outputs
        self.params = params

    def to_dict(self) -> dict[str, str | None]:
        """The three schemas as JSON texts."""
        return {
            "inputs": self.inputs.to_json() if self.inputs else None,
            "outputs": self.outputs.to_json() if self.outputs else None,
            "params": self.params.to_json() if self.params else None,
        }

    @classmethod
    def from_dict(cls, signature_dict: Mapping[str, str | None]) -> ModelSignature:
        """Read what `to_dict` wrote."""
        inputs, outputs, params = map(signature_dict.get, ("inputs", "outputs", "params"))
        return cls(
            Schema.from_json(inputs) if inputs else None,
            Schema.from_json(outputs) if outputs else None,
            ParamSchema.from_json(params) if params else None,
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ModelSignature) and self.to_dict() == other.to_dict()

    def __hash__(self) -> int:
        return hash(repr(self))

    def __repr__(self) -> str:
        return (
            f"inputs: \n  {self.inputs!r}\n"
            f"outputs: \n  {self.outputs!r}\n"
            f"params: \n  {self.params!r}\n"
        )


def infer_signature(
    model_input: Any = None, model_output: Any = None, params: Mapping[str, Any] | None = None
) -> ModelSignature:
    """The signature that describes examples of a model's input, output and params."""
    return ModelSignature(
        _schema("inputs", model_input),
        _schema("outputs", model_output),
        infer_param_schema(params) if params else None,
    )


def _schema(role: str, value: Any) -> Schema | None:
    """Of what no schema describes, "anything": an example must not stop a model's logging."""
    if value is None:
        return None
    try:
        return infer_schema(value)
    except CannotInfer as error:
        _logger.warning("The schema of the %s is 'anything', since %s", role, error)
        return Schema([ColSpec(AnyType())])
    except InvalidParameter as error:
        raise InvalidParameter(f"the {role} have no schema: {error.message}") from error
