"""The server makes no objects of bytes, and code of models runs only where it may."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from tests.security.conftest import Attacker

from millstream.errors import InvalidParameter
from millstream.model_format.manifest import Manifest

EVIL = """\
flavors:
  python_function: !!python/object/apply:os.mkdir [{path}]
"""


def test_a_server_knows_no_way_to_load_a_model(tmp_path: Path) -> None:
    code = (
        "import sys; from millstream.server import process; "
        "from millstream.server.options import ServerOptions; "
        f"process.build(ServerOptions(backend_store_uri={str(tmp_path / 'store')!r})); "
        "print([name for name in sys.modules if name.startswith('millstream.model_format.')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "deserialize" not in done.stdout
    assert "frameworks" not in done.stdout


def test_a_manifest_makes_no_objects(tmp_path: Path) -> None:
    path = tmp_path / "exploded"
    with pytest.raises(InvalidParameter, match="is not YAML"):
        Manifest.from_yaml(EVIL.format(path=path))
    assert not path.exists()


def test_a_reader_of_yaml_that_makes_objects_would(tmp_path: Path) -> None:
    path = tmp_path / "exploded"
    yaml.unsafe_load(EVIL.format(path=path))
    assert path.exists()


def test_the_server_reads_such_a_manifest_and_lives(attack: Attacker, tmp_path: Path) -> None:
    path = tmp_path / "exploded"
    run = attack.post("runs/create", {"experiment_id": "0"})
    info = json.loads(run.body)["run"]["info"]
    upload = f"/ajax-api/2.0/mlflow/upload-artifact?run_uuid={info['run_id']}&path=model/MLmodel"
    assert attack("POST", upload, EVIL.format(path=path).encode()).status == 200
    attack.post("registered-models/create", {"name": "m"})
    version = {
        "name": "m",
        "source": f"{info['artifact_uri']}/model",
        "run_id": info["run_id"],
    }
    assert attack.post("model-versions/create", version).status == 200
    for target in (
        "/api/2.0/mlflow/model-versions/get?name=m&version=1",
        "/api/2.0/mlflow/model-versions/get-download-uri?name=m&version=1",
        f"/get-artifact?run_id={info['run_id']}&path=model/MLmodel",
    ):
        assert attack("GET", target).status == 200
    assert not path.exists()
