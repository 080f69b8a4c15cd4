"""What reading a body and writing an answer cost, without HTTP: `python -m benchmarks.payloads`."""

from __future__ import annotations

import json
import random
import timeit
from collections.abc import Callable
from typing import Any

import numpy as np

from millstream.model_format.manifest import Manifest
from millstream.model_format.pyfunc import PyFuncModel
from millstream.model_format.signature import ModelSignature
from millstream.serving.payloads import Decoder, Request, encode

COLUMNS = [f"feature_{place}" for place in range(10)]
TENSOR = [{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1, 10]}}]
DOUBLES = [{"type": "double", "name": name, "required": True} for name in COLUMNS]
MIXED = [{**spec, "type": "long" if i % 3 == 0 else "double"} for i, spec in enumerate(DOUBLES)]

# Microseconds that reading or writing may take.
TARGETS = {
    "tensor, inputs": (10, 500),
    "no signature, data": (10, 500),
    "answer": (5, 100),
}


class Estimator:
    """What a library's object behind a model looks like to the server."""

    n_features = 10

    def predict(self, data: Any) -> Any:
        """Its input, which nobody asks for here."""
        return data


def decoder(inputs: list[dict[str, Any]] | None) -> Decoder:
    form = json.dumps(inputs)
    signature = ModelSignature.from_dict({"inputs": form}) if inputs else None
    return Decoder(PyFuncModel(Manifest(signature=signature), Estimator()))


def best(function: Callable[[], object], rounds: int) -> float:
    """Microseconds of one call in the best of several rounds."""
    return min(timeit.repeat(function, number=rounds, repeat=60)) / rounds * 1e6


def bodies(rows: list[list[float]]) -> dict[str, tuple[Any, Any]]:
    split = {"dataframe_split": {"columns": COLUMNS, "data": rows}}
    whole = [[round(v) if i % 3 == 0 else v for i, v in enumerate(row)] for row in rows]
    gaps = [[None if i == 5 else v for i, v in enumerate(row)] for row in rows]
    records = [dict(zip(COLUMNS, row, strict=True)) for row in rows]
    return {
        "tensor, inputs": (TENSOR, {"inputs": rows}),
        "no signature, data": (None, {"data": rows}),
        "doubles, dataframe_split": (DOUBLES, split),
        "doubles, data": (DOUBLES, {"data": rows}),
        "doubles, data with nulls": (DOUBLES, {"data": gaps}),
        "doubles and longs, data": (MIXED, {"data": whole}),
        "doubles, dataframe_records": (DOUBLES, {"dataframe_records": records}),
    }


def main() -> None:
    generator = random.Random(1)  # noqa: S311  # no secret
    rows = [[round(generator.gauss(0, 1), 6) for _ in COLUMNS] for _ in range(1000)]
    figures: dict[str, list[float]] = {}
    for count, rounds in ((1, 500), (1000, 2)):
        for name, (signature, content) in bodies(rows[:count]).items():
            reads, body = decoder(signature), json.dumps(content).encode()
            spent = best(lambda: reads.decode("application/json", body), rounds)  # noqa: B023  # called at once
            figures.setdefault(name, []).append(spent)
        answer, request = np.array([row[0] for row in rows[:count]]), Request(None)
        spent = best(lambda: encode(answer, request, "*/*"), rounds)  # noqa: B023  # called at once
        figures.setdefault("answer", []).append(spent)
    print(f"{'µs':<32}{'1 row':>12}{'1,000 rows':>14}   to reach")
    for name, (one, thousand) in figures.items():
        wanted = " and ".join(f"≤ {limit}" for limit in TARGETS.get(name, ()))
        print(f"{name:<32}{one:>12.1f}{thousand:>14.1f}   {wanted}")


if __name__ == "__main__":
    main()
