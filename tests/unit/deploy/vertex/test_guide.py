"""The role in the guide is what the calls need: no more, and no less."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from millstream.deploy.vertex.batch_options import BATCH_OPTIONS
from millstream.deploy.vertex.options import OPTIONS

ROOT = Path(__file__).parents[4]
ROLE = ROOT / "docs" / "guides" / "vertex-role.yaml"
SOURCES = ROOT / "src" / "millstream" / "deploy" / "vertex"

# Of methods whose permission has another name
# (cloud.google.com/vertex-ai/docs/general/iam-permissions).
PERMISSIONS = {
    "models.patch": "models.update",
    "endpoints.patch": "endpoints.update",
    "endpoints.deployModel": "endpoints.deploy",
    "endpoints.undeployModel": "endpoints.undeploy",
    "endpoints.mutateDeployedModel": "endpoints.update",
    "endpoints.rawPredict": "endpoints.predict",
}
NEEDED_TO_WAIT = {"models.get", "endpoints.get"}
"""Operations are read with the permission to read what they change."""


def calls() -> set[str]:
    """The methods that the sources name."""
    text = "\n".join(file.read_text() for file in SOURCES.glob("*.py"))
    found = set(re.findall(r'\.of\("(\w+)"\)\s*\.(\w+)\(', text))
    found |= {("endpoints", name) for name in re.findall(r'"((?:un)?deployModel|mutate\w+)"', text)}
    found |= {("endpoints", name) for name in re.findall(r":(rawPredict)\b", text)}
    if "is_model else" in text:
        found |= {("models", "patch"), ("endpoints", "patch")}
    return {".".join(one) for one in found}


def test_the_role_names_the_permissions_of_the_calls_that_are_made() -> None:
    made = calls()
    assert {"models.upload", "endpoints.deployModel", "endpoints.rawPredict"} <= made
    assert {"batchPredictionJobs.create", "batchPredictionJobs.delete"} <= made
    needed = {PERMISSIONS.get(one, one) for one in made if "operations" not in one}
    needed |= NEEDED_TO_WAIT
    wanted = {f"aiplatform.{one}" for one in needed} | {"logging.logEntries.list"}
    assert set(yaml.safe_load(ROLE.read_text())["includedPermissions"]) == wanted


def test_the_guide_names_every_option() -> None:
    text = (ROOT / "docs" / "guides" / "vertex.md").read_text()
    assert [name for name in {**OPTIONS, **BATCH_OPTIONS} if f"`{name}`" not in text] == []
