"""A model that is really served answers by boto3's runtime client; only the route is a stand-in."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tests.patience import patient_request
from tests.unit.deploy.sagemaker.amazon import Amazon

from millstream.deploy.client import DeploymentClient
from millstream.errors import MillstreamError
from millstream.integrations import pyfunc

CODE = """
from millstream.models import set_model


def double(numbers: list[float]) -> list[float]:
    return [2 * number for number in numbers]


set_model(double)
"""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    """The address of a model that `models serve` serves."""
    (tmp_path / "double.py").write_text(CODE)
    pyfunc.save_model(tmp_path / "m", python_model=str(tmp_path / "double.py"), pip_requirements=[])
    words = ["models", "serve", "-m", str(tmp_path / "m"), "-p", "0", "--json"]
    command = [sys.executable, "-m", "millstream.cli.main", *words, "--env-manager", "local"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            told = json.loads(process.stdout.readline())
            yield next(value for value in told.values() if str(value).startswith("http://"))
        finally:
            process.terminate()


@pytest.fixture
def runtime(served: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """SageMaker's route to an endpoint, which hands a request to the container as it came."""

    class Route(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/endpoints/churn/invocations"
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kept = {key: self.headers[key] for key in ("Content-Type", "Accept")}
            found = patient_request("POST", f"{served}/invocations", body=body, headers=kept)
            answer = found.data
            if found.status != 200:
                told = {"OriginalStatusCode": found.status, "OriginalMessage": answer.decode()}
                answer = json.dumps({"Message": "client error", **told}).encode()
            self.send_response(200 if found.status == 200 else 424)
            self.send_header("Content-Length", str(len(answer)))
            self.send_header("x-amzn-ErrorType", "ModelError")
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Route) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        port = server.server_address[1]
        monkeypatch.setenv("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", f"http://127.0.0.1:{port}")
        yield
        server.shutdown()
        thread.join()


@pytest.mark.usefixtures("runtime")
def test_a_served_model_predicts(client: DeploymentClient, aws: Amazon) -> None:
    assert client.predict("churn", {"inputs": [1.5, 2.0]})["predictions"] == [3.0, 4.0]
    with pytest.raises(MillstreamError, match="The model answered with 4"):
        client.predict("churn", {"columns": [1]})
    assert aws.asked == [("sagemaker-runtime", "InvokeEndpoint")] * 2
