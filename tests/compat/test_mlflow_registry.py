"""MLflow's own client, driving our registry, gets the answers that MLflow's own server gave it.

`recorded/` holds those answers. To record them again, start `mlflow server` of the environment
`.venvs/mlflow` on a new database and run there, in the root of the repository,
`python -m tests.compat.drive_registry <address> tests/compat/recorded/registry-<version>.json`.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
RECORDED = Path(__file__).parent / "recorded" / "registry-3.17.2.json"

MORE = ("user_id", "model_id", "metrics", "params", "model_metrics", "model_params")
"""What our versions carry and MLflow's do not: who registered, and what is known of the model."""
ELSEWHERE = ("workspace", "position", "hint")
"""Workspaces, and what is wrong where in a filter: MLflow does not say."""
UNORDERED = ("tags", "aliases", "latest_versions")


NOT_500 = "MLflow's server fails with 500"
LANGUAGE = "our search language takes it"
WORDS = "the same refusal in words of our own"
PAGES = "a page of nothing would lead to itself for ever"
VALUES = "JSON values are taken by what they mean, as in all other requests"
LOGGED = "models:/<model_id> says itself which logged model it is"
KEPT = "contract/validation.md, section 5: a missing description is kept"
SAME_NAME = "a new name that is the old one changes nothing"
MOVE = "POST model-versions/transition-stage"
DEVIATIONS = {
    "source: logged model": LOGGED,
    "versions noted on <model-1>": LOGGED,
    "source: a stage": NOT_500,
    "get version '9999999999999999999999999'": NOT_500,
    "move 5 to 'none' archiving": NOT_500,
    "move 5 to 'Archived' archiving": NOT_500,
    "times moved by renaming to itself": SAME_NAME,
    **{
        f'{MOVE} {{"archive_existing_versions": {value}, "name": "wire", "stage": "staging", '
        '"version": "1"}': VALUES
        for value in ('"true"', "1")
    },
    'PATCH model-versions/update {"name": "wire", "version": "3"}': KEPT,
    'GET model-versions/get-download-uri {"name": "wire"}': WORDS,
    'GET model-versions/get-download-uri {"name": "wire", "version": ""}': WORDS,
    **{
        f'GET registered-models/search {{"{key}": {value}}}': reason
        for key, value, reason in (
            ("filter", "\"tags.team IN ('Red')\"", LANGUAGE),
            ("filter", '"name LIKE 5"', WORDS),
            ("order_by", '["name ASC", "name DESC"]', NOT_500),
            ("order_by", '["attribute.name"]', LANGUAGE),
            ("max_results", '"0"', PAGES),
            ("max_results", '"-1"', PAGES),
            ("page_token", '"!"', WORDS),
            ("page_token", '"e30="', WORDS),
        )
    },
    **{
        f'GET model-versions/search {{"{key}": {value}}}': reason
        for key, value, reason in (
            ("filter", '"version_number IN (1)"', WORDS),
            ("filter", "\"version_number > 'x'\"", WORDS),
            ("filter", "\"version_number LIKE '1'\"", WORDS),
            ("filter", "\"source_path IN ('s3://b/1')\"", LANGUAGE),
            ("filter", '"version_number = 1.5"', LANGUAGE),
            ("order_by", '["tags.k"]', WORDS),
            ("order_by", '["name", "name"]', NOT_500),
            ("order_by", '["name DESC", "name ASC"]', NOT_500),
            ("page_token", '"!"', WORDS),
            ("page_token", '"e30="', WORDS),
        )
    },
}
BEYOND = {"where is: logged model": LOGGED}
"""Steps that only we reach."""


def comparable(value: Any) -> Any:
    """An answer without what we say beyond MLflow, its message down to the first sentence.

    Tokens are opaque, and the order of tags, aliases and latest versions means nothing.
    """
    if isinstance(value, dict):
        kept = {k: v for k, v in value.items() if k not in (*MORE, *ELSEWHERE)}
        if "error_code" in kept and "message" in kept:
            kept["message"] = beginning(str(kept["message"]))
        kept |= {key: "any" for key in ("next_page_token",) if key in kept}
        found = {k: comparable(v) for k, v in kept.items()}
        for key in UNORDERED:
            if isinstance(found.get(key), list):
                found[key] = sorted(found[key], key=json.dumps)
        return found
    if isinstance(value, list):
        return [comparable(item) for item in value]
    return value


def beginning(message: str) -> str:
    """The part of a message that programs may look at: its first sentence, without quoted lists."""
    if message.startswith("API request to") and "500 error" in message:
        return "HTTP 500"
    message = re.sub(r" \(at position .*\)$", "", message)
    message = re.sub(r"source: '.*?'\.", "source: '…'.", message)
    message = re.sub(r"(Valid keys are) .*", r"\1", message)
    return re.split(r"(?<=[.:])\s", message.removeprefix("INVALID_PARAMETER_VALUE: "))[0]


def answers_of(python: Path, uri: str, target: Path) -> dict[str, Any]:
    """What a server answers to MLflow's client; an error of a server is no reason to ask again."""
    done = subprocess.run(
        [str(python), "-m", "tests.compat.drive_registry", uri, str(target)],
        env={
            **os.environ,
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
            "GIT_PYTHON_REFRESH": "quiet",
        },
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(target.read_text(encoding="utf-8"))
    return found


def differences(ours: dict[str, Any], theirs: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """The steps whose answers are not the same."""
    return {
        step: (ours.get(step), theirs[step])
        for step in theirs
        if shown(step, ours.get(step)) != shown(step, theirs[step])
    }


def shown(step: str, answer: Any) -> Any:
    """An answer as it is compared; the latest versions come in no order."""
    found = comparable(answer)
    unordered = step.startswith("latest in ") and isinstance(found, list)
    return sorted(found, key=json.dumps) if unordered else found


@pytest.mark.timeout(900)
def test_the_registry_answers_as_mlflows_server(
    environment: Callable[[str, str], Path], server: str, tmp_path: Path
) -> None:
    python = environment("mlflow", "MILLSTREAM_COMPAT_PYTHON")
    ours = answers_of(python, server, tmp_path / "answers.json")
    theirs = json.loads(RECORDED.read_text(encoding="utf-8"))
    assert set(ours) - set(theirs) == set(BEYOND)
    found = differences(ours, theirs)
    assert {step: found[step] for step in found if step not in DEVIATIONS} == {}
    assert set(found) == set(DEVIATIONS)
    for step, reason in DEVIATIONS.items():
        answer = json.dumps(ours[step])
        assert "INTERNAL_ERROR" not in answer
        assert (reason == WORDS) <= ("INVALID_PARAMETER_VALUE" in answer)
