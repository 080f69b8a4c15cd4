"""The guide to bodies says what the server does."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.unit.serving.payload_models import column, decoded, model_of

from millstream.serving.inference_protocol import InferenceDecoder
from millstream.serving.payloads import Decoder

GUIDE = Path(__file__).parents[3] / "docs" / "guides" / "serving-bodies.md"
MODEL = model_of([column("double", "age"), column("long", "visits")])


def test_the_bodies_of_the_guide_are_the_same_two_rows() -> None:
    blocks = re.findall(r"```json\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    bodies, error, inference = blocks
    decoder = Decoder(MODEL)
    frames = [decoded(decoder, line.encode()).data for line in bodies.splitlines()]
    frames.append(InferenceDecoder(MODEL, decoder).decode(inference.encode()).request.data)
    assert [frame.to_numpy().tolist() for frame in frames] == [[[63, 2], [41, 7]]] * 6
    assert "got 1.5" in json.loads(error)["message"]
