"""MLflow's own client moves files through our proxy."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

from millstream.artifacts.local import LocalArtifacts

ServeArtifacts = Callable[..., contextlib.AbstractContextManager[str]]
Environment = Callable[[str, str], Path]

PROGRAM = """
import json, os, pathlib, sys, tempfile
os.environ["MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD"] = "true"
os.environ["MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE"] = str(5 << 20)
os.environ["MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE"] = str(5 << 20)
from mlflow.store.artifact.http_artifact_repo import HttpArtifactRepository
source = pathlib.Path(sys.argv[2])
store = HttpArtifactRepository(sys.argv[1] + "/api/2.0/mlflow-artifacts/artifacts/x")
store.log_artifacts(str(source), "up")
listed = [[f.path, f.is_dir, f.file_size] for f in store.list_artifacts("up")]
back = pathlib.Path(store.download_artifacts("up", tempfile.mkdtemp()))
same = all(
    (back / f.relative_to(source)).read_bytes() == f.read_bytes()
    for f in source.rglob("*") if f.is_file()
)
of_file = [f.path for f in store.list_artifacts("up/a.txt")]
store.delete_artifacts("up/sub")
left = [f.path for f in store.list_artifacts("up")]
print(json.dumps({"listed": listed, "same": same, "of_file": of_file, "left": left}))
"""


def test_mlflows_client_uploads_downloads_lists_and_deletes(
    serve_artifacts: ServeArtifacts, environment: Environment, tmp_path: Path
) -> None:
    python = environment("mlflow", "MILLSTREAM_COMPAT_PYTHON")
    source = tmp_path / "source"
    (source / "sub").mkdir(parents=True)
    (source / "a.txt").write_text("hello")
    (source / "sub" / "ü b.json").write_text("{}")
    (source / "big.bin").write_bytes(os.urandom(12 << 20))
    root = tmp_path / "root"
    with serve_artifacts(LocalArtifacts(root)) as address:
        command = [str(python), "-c", PROGRAM, address, str(source)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found == {
        "listed": [
            ["up/a.txt", False, 5],
            ["up/big.bin", False, 12 << 20],
            ["up/sub", True, None],
        ],
        "same": True,
        "of_file": [],
        "left": ["up/a.txt", "up/big.bin"],
    }
