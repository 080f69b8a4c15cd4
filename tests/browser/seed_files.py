"""Fills one run with a file of every kind and with all that an overview tells."""

from __future__ import annotations

import base64
import io
import json
import math
import struct
import wave
import zlib
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow
import pyarrow.parquet
from tests.browser.seed import START, Wire, point
from tests.browser.seed_registry import INPUTS, OUTPUTS

PARQUET_ROWS = 250_000
TABLE_ROWS = 5
IMAGE_STEPS = (0, 10, 20)
CHILDREN = 3
COMMIT = "0123456789abcdef0123456789abcdef01234567"
NOTE = """# What this run is

It holds *one file of each kind*. See [the page](https://example.org/about) and `train.py`.

| split | rows |
| ----- | ---: |
| train | 4 000 |
| test  | 1 000 |

- [x] look at the residuals
- [ ] ask for more data

![Residuals](plots/residuals.png)

```python
def loss(model, rows):
    return sum((model(x) - y) ** 2 for x, y in rows)  # squared
```
"""
MANIFEST = f"""artifact_path: model
flavors:
  python_function:
    loader_module: mlflow.sklearn
    python_version: 3.11.9
  sklearn:
    sklearn_version: 1.7.2
    serialization_format: cloudpickle
model_size_bytes: 12345
signature:
  inputs: '{json.dumps(INPUTS)}'
  outputs: '{json.dumps(OUTPUTS)}'
"""
PAGE = b"""<!doctype html><html><head><style>p { color: rgb(1, 2, 3) }</style></head>
<body><p id="told">Told without scripts.</p>
<script>document.getElementById("told").textContent = "Told by a script.";</script></body></html>"""

FIGURE = b"""<html><body><script>window.PlotlyConfig = {MathJaxConfig: "local"};</script>
<script src="https://cdn.plot.ly/plotly-3.1.0.min.js" crossorigin="anonymous"></script>
<div id="plot">Nothing drawn</div>
<script>Plotly.newPlot("plot", [{"x": [1]}, {"x": [2]}])</script></body></html>"""


class SeededFiles(NamedTuple):
    """Address and ids of what was filled in."""

    address: str
    experiment_id: str
    run_id: str
    other_run_id: str


def install_plotly(folder: Path) -> None:
    """A package of that name, where the server that is started in the folder finds it."""
    library = folder / "plotly" / "package_data" / "plotly.min.js"
    library.parent.mkdir(parents=True)
    (folder / "plotly" / "__init__.py").touch()
    library.write_text(
        "window.Plotly = { newPlot: (id, traces) => {"
        "document.getElementById(id).textContent = `${traces.length} traces drawn` } };"
    )


def fill_files(address: str) -> SeededFiles:
    with closing(Wire(address)) as wire:
        experiment_id = wire.create_experiment("files of every kind")
        run_id = fill_run(wire, experiment_id)
        other_run_id = wire.create_run(experiment_id, "brisk-heron-1", 1)
        log_images(wire, experiment_id, other_run_id, shade=80)
    return SeededFiles(address, experiment_id, run_id, other_run_id)


def put(wire: Wire, experiment_id: str, run_id: str, path: str, content: bytes) -> None:
    folder = f"/api/2.0/mlflow-artifacts/artifacts/{experiment_id}/{run_id}/artifacts"
    wire.send("PUT", f"{folder}/{path}", content)


def fill_run(wire: Wire, experiment_id: str) -> str:
    tags = {
        "mlflow.note.content": NOTE,
        "mlflow.source.git.commit": COMMIT,
        "mlflow.source.git.branch": "main",
        "mlflow.source.git.repoURL": "git@github.com:example/residuals.git",
        "mlflow.source.type": "LOCAL",
    }
    run_id = wire.create_run(experiment_id, "calm-otter-0", 0, **tags)
    points = [point("loss", math.exp(-step / 20), step) for step in range(100)]
    points += [point("system/cpu_utilization_percentage", 40 + step % 9, step) for step in range(9)]
    wire.log(run_id, {"lr": "0.1"}, points)
    wire.post("runs/log-inputs", run_id=run_id, datasets=[dataset()])
    log_images(wire, experiment_id, run_id, shade=200)
    for path, content in files().items():
        put(wire, experiment_id, run_id, path, content)
    for number in range(CHILDREN):
        child = wire.create_run(
            experiment_id, f"fold-{number}", 2 + number, **{"mlflow.parentRunId": run_id}
        )
        wire.log(child, {}, [point("loss", 0.25 + number / 4)])
        wire.finish(child, 2 + number)
    wire.finish(run_id, 0)
    return run_id


def dataset() -> dict[str, Any]:
    columns = [{"type": "double", "name": name} for name in ("rooms", "distance", "price")]
    return {
        "dataset": {
            "name": "houses",
            "digest": "5b1c2d3e",
            "source_type": "http",
            "source": json.dumps({"url": "https://example.org/houses.csv"}),
            "schema": json.dumps({"mlflow_colspec": columns}),
            "profile": json.dumps({"num_rows": 5000, "num_elements": 15000}),
        },
        "tags": [{"key": "mlflow.data.context", "value": "train"}],
    }


def log_images(wire: Wire, experiment_id: str, run_id: str, shade: int) -> None:
    wire.post("runs/set-tag", run_id=run_id, key="mlflow.loggedImages", value="True")
    for step in IMAGE_STEPS:
        for key in ("samples~digits", "attention"):
            stem = f"images/{key}+step+{step}+timestamp+{START + step}+{'ab' * 16}"
            path = stem.replace("+", "%2B")
            put(wire, experiment_id, run_id, f"{path}.png", png(48, 32, shade, step))


def png(width: int, height: int, shade: int, offset: int = 0) -> bytes:
    """A drawing of squares in a shade, moved by the offset."""
    rows = b"".join(
        b"\0" + bytes((shade if (x + offset) // 8 % 2 == y // 8 % 2 else 20) for x in range(width))
        for y in range(height)
    )

    def part(kind: bytes, content: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + check

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = part(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", head) + body + part(b"IEND", b"")


def files() -> dict[str, bytes]:
    return {
        "config.yaml": b"model:\n  depth: 6  # small\n  loss: squared\n",
        "big.log": b"".join(b"step %d: loss %f\n" % (at, 1 / (at + 1)) for at in range(60_000)),
        "data/houses.parquet": parquet("snappy"),
        "data/houses-brotli.parquet": parquet("brotli", 10),
        "data/houses-gzip.parquet": parquet("gzip", 1_000),
        "data/houses-zstd.parquet": parquet("zstd", 1_000),
        "data/houses.csv": b"rooms,price\n3,=1+1\n4,250000.5\n",
        "empty.txt": b"",
        "model/MLmodel": MANIFEST.encode(),
        "model/model.pkl": b"\x80\x04\x95\x00\x00cloudpickle\x00" + bytes(range(256)),
        "model/requirements.txt": b"scikit-learn==1.7.2\n",
        "notebook.ipynb": notebook(),
        "paper.pdf": pdf(40),
        "plots/residuals.png": png(320, 200, 200),
        "plots/tiny.png": png(16, 16, 200),
        "plots/curve.svg": b'<svg xmlns="http://www.w3.org/2000/svg" width="120" height="80">'
        b'<path d="M5 75 L60 20 L115 60" stroke="teal" fill="none" stroke-width="3"/></svg>',
        "figure.html": FIGURE,
        "report.html": PAGE,
        "report.md": NOTE.replace("plots/", "plots/../plots/").encode(),
        "result.json": json.dumps({"id": 12345678901234567890, "by_class": [1, 2]}).encode(),
        "sound.wav": sound(),
        "table.json": table(),
        "train.py": b"import millstream\n\n\ndef train(rate: float) -> None:\n    pass\n",
    }


def pdf(pages: int, action: str = "") -> bytes:
    """Pages with a square and a word; the action is what the file would do when it is opened."""
    kids = " ".join(f"{at + 4} 0 R" for at in range(pages))
    drawing = b"0.1 0.4 0.8 rg 60 60 80 80 re f BT /F1 24 Tf 60 160 Td (Houses) Tj ET"
    objects = [
        f"<< /Type /Catalog /Pages 2 0 R {action} >>".encode(),
        f"<< /Type /Pages /Kids [{kids}] /Count {pages} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    page = (
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 240] /Contents %d 0 R "
        b"/Resources << /Font << /F1 3 0 R >> >> >>" % (pages + 4)
    )
    objects += [page] * pages
    objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawing), drawing))
    content, places = b"%PDF-1.4\n", []
    for number, written in enumerate(objects, start=1):
        places.append(len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, written)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    tail = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    return content + head + table + tail % (len(objects) + 1, len(content))


def parquet(compression: str, rows: int = PARQUET_ROWS) -> bytes:
    content = io.BytesIO()
    numbers = range(rows)
    columns = {
        "id": pyarrow.array(numbers, pyarrow.int64()),
        "price": pyarrow.array([number * 1.5 for number in numbers], pyarrow.float64()),
        "street": pyarrow.array([f"street {number}" for number in numbers]),
        "seen": pyarrow.array([number * 1000 for number in numbers], pyarrow.timestamp("ms")),
        "rooms": pyarrow.array([None if number % 7 == 3 else number % 5 for number in numbers]),
    }
    pyarrow.parquet.write_table(
        pyarrow.table(columns), content, compression=compression, row_group_size=50_000
    )
    return content.getvalue()


def notebook() -> bytes:
    def display(**data: str) -> dict[str, Any]:
        kinds = {kind.replace("_", "/"): value for kind, value in data.items()}
        return {"output_type": "display_data", "data": kinds, "metadata": {}}

    frame = "<style>td { color: red }</style><table><tr><th>rooms</th></tr><tr><td>3</td></tr>"
    cells = [
        {"cell_type": "markdown", "source": ["# Houses\n", "\n", "A *short* study."]},
        {
            "cell_type": "code",
            "execution_count": 1,
            "source": "print(1 + 1)",
            "outputs": [{"output_type": "stream", "name": "stdout", "text": ["2\n"]}],
        },
        {
            "cell_type": "code",
            "execution_count": 2,
            "source": "frame",
            "outputs": [
                display(text_html=frame + "</table>"),
                display(image_png=base64.b64encode(png(64, 64, 160)).decode()),
            ],
        },
        {
            "cell_type": "code",
            "execution_count": 3,
            "source": "1 / 0",
            "outputs": [
                {
                    "output_type": "error",
                    "ename": "ZeroDivisionError",
                    "evalue": "division by zero",
                    "traceback": ["\x1b[31mZeroDivisionError\x1b[0m: division by zero"],
                }
            ],
        },
    ]
    about = {"language_info": {"name": "python"}}
    return json.dumps({"nbformat": 4, "metadata": about, "cells": cells}).encode()


def sound() -> bytes:
    content = io.BytesIO()
    with wave.open(content, "wb") as written:
        written.setnchannels(1)
        written.setsampwidth(2)
        written.setframerate(8_000)
        heights = (int(8_000 * math.sin(at / 5)) for at in range(4_000))
        written.writeframes(b"".join(struct.pack("<h", height) for height in heights))
    return content.getvalue()


def table() -> bytes:
    image = {"type": "image", "filepath": "plots/tiny.png"}
    rows = [[f"question {at}", at / 3, image if at == 0 else None] for at in range(TABLE_ROWS)]
    return json.dumps({"columns": ["input", "score", "drawing"], "data": rows}).encode()
