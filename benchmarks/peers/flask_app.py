"""The service that somebody writes by hand: Flask, a pickled model, JSON in and out."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
from flask import Flask, jsonify, request

app = Flask(__name__)
model = pickle.loads(Path("model.pkl").read_bytes())  # noqa: S301 - written a moment ago


@app.get("/health")
def health() -> Any:
    """Whether it is up."""
    return "ok"


@app.post("/predict")
def predict() -> Any:
    """The predictions for `{"data": [[...], ...]}`."""
    rows = np.asarray(request.get_json()["data"])
    return jsonify(model.predict(rows).tolist())


if __name__ == "__main__":
    app.run(host="127.0.0.1", port=int(os.environ["PORT"]))
