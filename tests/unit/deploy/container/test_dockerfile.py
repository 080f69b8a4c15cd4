"""The Dockerfile of a model."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream.containers.box import checked_image
from millstream.deploy.container.dockerfile import Recipe, dockerfile
from millstream.deploy.container.service import INSTALL
from millstream.errors import InvalidParameter

BASE = "python:3.11.7-slim"


def instructions(text: str) -> list[str]:
    joined = text.replace("\\\n", " ")
    return [line for line in joined.splitlines() if line and not line.startswith("#")]


def test_who_serves_has_no_rights_and_its_health_is_known() -> None:
    found = instructions(dockerfile(Recipe(BASE, {})))
    final = found[max(i for i, line in enumerate(found) if line.startswith("FROM")) :]
    assert "USER 10001:10001" in final
    assert any(line.startswith("HEALTHCHECK") and "/ping" in line for line in final)
    assert json.loads(final[-2].removeprefix("ENTRYPOINT ")) == ["millstream", "models"]
    assert json.loads(final[-1].removeprefix("CMD ")) == ["serve"]


@pytest.mark.parametrize("variable", ["SAGEMAKER_BIND_TO_PORT", "AIP_HTTP_PORT", "MILLSTREAM_PORT"])
def test_its_health_is_asked_where_it_answers(variable: str) -> None:
    (check,) = re.findall(r"HEALTHCHECK .*?CMD (.*)", dockerfile(Recipe(BASE, {})), re.DOTALL)
    command = json.loads(check.splitlines()[0])
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        asking = subprocess.Popen([sys.executable, *command[1:]], env={variable: str(port)})
        connection, _ = server.accept()
        with connection:
            assert connection.recv(1024).startswith(b"GET /ping ")
            connection.sendall(b"HTTP/1.0 503 Busy\r\n\r\n")
        assert asking.wait() == 1


def test_nothing_but_the_environment_and_the_model_comes_into_the_image() -> None:
    found = instructions(dockerfile(Recipe(BASE, {})))
    final = found[max(i for i, line in enumerate(found) if line.startswith("FROM")) :]
    copies = [line for line in final if line.startswith(("COPY", "ADD", "RUN"))]
    assert copies == ["COPY --from=build /opt/venv /opt/venv", "COPY model /opt/ml/model"]


def test_java_is_there_if_asked_for() -> None:
    assert "jre" not in dockerfile(Recipe(BASE, {}))
    assert "default-jre-headless" in dockerfile(Recipe(BASE, {}, install_java=True))


@pytest.mark.parametrize(
    "image",
    ["", "-python", "python:3 AS x", "python\nRUN touch /x", "$(id)", "a b", "--platform=x"],
)
def test_a_base_image_is_one_reference(image: str) -> None:
    with pytest.raises(InvalidParameter, match="no reference of an image"):
        dockerfile(Recipe(image, {}))


@pytest.mark.parametrize(
    "image", ["python", "python:3.11", "localhost:5000/a/b:c", "r.example.com/x@sha256:0f"]
)
def test_references_of_images_are_taken(image: str) -> None:
    assert checked_image(image) == image


@given(st.text(st.characters(exclude_categories=["C", "Zl", "Zp", "Zs"]) | st.just(" ")))
def test_a_label_is_one_instruction_whatever_it_says(value: str) -> None:
    plain = instructions(dockerfile(Recipe(BASE, {})))
    labelled = instructions(dockerfile(Recipe(BASE, {"title": value})))
    (label,) = [line for line in labelled if line not in plain]
    quoted = label.removeprefix("LABEL title=")
    assert re.fullmatch(r'"(?:[^"\\$]|\\["\\$])*"', quoted)
    assert re.sub(r"\\(.)", r"\1", quoted[1:-1]) == value


@pytest.mark.parametrize("value", ["a\nRUN touch /x", "\x00", "a\r", "\u2028"])
def test_a_label_of_more_lines_is_refused(value: str) -> None:
    with pytest.raises(InvalidParameter, match="unprintable"):
        dockerfile(Recipe(BASE, {"title": value}))


def test_the_script_that_installs_is_a_script() -> None:
    shell = shutil.which("sh")
    assert shell is not None
    subprocess.run([shell, "-n"], input=INSTALL, text=True, check=True)
