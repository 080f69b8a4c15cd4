"""MLflow's own client is refused at protected stages and gates, with texts that say what to do."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

from millstream.client.tracking import MillstreamClient
from millstream.entities.gates import Gate
from millstream.entities.stages import Stage

HERE = Path(__file__).parent


def test_what_mlflows_client_is_told(
    environment: Callable[[str, str], Path], server: str, tmp_path: Path
) -> None:
    client = MillstreamClient(server)
    client.create_registered_model("guarded")
    for number in ("1", "2"):
        client.create_model_version("guarded", f"s3://bucket/{number}")
    client.transition_model_version_stage("guarded", "1", "Production")
    client.set_stage_policy([Stage("Staging"), Stage("Production", protected=True)])
    gate = Gate(
        "good", "metric_threshold", ["Staging"], metric="auc", comparison=">=", threshold=0.9
    )
    client.set_gate("guarded", gate)
    python, answers = environment("mlflow", "MILLSTREAM_COMPAT_PYTHON"), tmp_path / "answers.json"
    subprocess.run(
        [python, HERE / "protected_client.py", server, answers], cwd=tmp_path, check=True
    )
    found = json.loads(answers.read_text())
    assert found["stages"] == ["Production", "None"]
    told = found["told"]
    protected = {"in", "out", "archiving", "alias", "delete version", "delete model", "rename"}
    assert {name for name, said in told.items() if said[:2] == ["PERMISSION_DENIED", 403]} == (
        protected
    )
    assert all("create_transition_request(name='guarded'" in told[name][2] for name in protected)
    assert told["gate"][:2] == told["unknown"][:2] == ["INVALID_PARAMETER_VALUE", 400]
    assert "gate 'good' (metric_threshold) expected auc >= 0.9, got no value" in told["gate"][2]
    assert "one of None, Staging, Production, Archived" in told["unknown"][2]
