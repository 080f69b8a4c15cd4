"""What can be said of a deployment at Azure ML, and what is refused before Azure is asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from millstream.deploy.azureml import names, options
from millstream.deploy.azureml.target import connect
from millstream.deploy.azureml.workspace import address
from millstream.errors import InvalidParameter

SUBSCRIPTION = "12345678-aaaa-bbbb-cccc-1234567890ab"


def test_secrets_are_references() -> None:
    vault = "https://churn.vault.azure.net/secrets/key"
    assert options.variables({"env": "A=1,B=x=y", "secret_env": f"K=store/key,V={vault}"}) == {
        "A": "1",
        "B": "x=y",
        "K": "${{azureml://connections/store/credentials/key}}",
        "V": f"${{{{keyvault:{vault}}}}}",
    }


@pytest.mark.parametrize(
    ("asked", "said", "message"),
    [
        (options.variables, {"env": "API_KEY=hunter2"}, "sounds like a secret"),
        (options.variables, {"env": "A=1,hunter2"}, "Part 2 of 'env' is not NAME=VALUE"),
        (options.variables, {"env": "A=1,A=2"}, "has a name again"),
        (options.variables, {"secret_env": "K=hunter2"}, "says of K neither CONNECTION/KEY nor"),
        (options.variables, {"secret_env": "K=https://evil.test/secrets/k"}, "of K neither"),
        (options.variables, {"env": "A=1", "secret_env": "A=b/c"}, "A is in 'env' and in"),
        (options.instance_type, {"instance_type": "../x"}, "as 'Standard_DS3_v2'"),
        (lambda said: options.access(said, {}), {"auth_mode": "none"}, "one of key, aad_token"),
        (lambda said: options.number(said, "n", 1, 9), {"n": "10"}, "whole number of 1 to 9"),
        (lambda said: options.number(said, "n", 1, 9), {"n": "٣"}, "whole number of 1 to 9"),
        (options.shares, {"traffic": "blue=60"}, "add up to 60"),
        (options.shares, {"traffic": "blue"}, "whole number of 0 to 100"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_no_secret_shown(
    asked: Callable[[dict[str, str]], Any], said: dict[str, str], message: str
) -> None:
    with pytest.raises(InvalidParameter, match=message) as refused:
        asked(said)
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    "uri",
    [
        "azureml",
        "azureml:/me/group/workspace",
        f"azureml:/{SUBSCRIPTION}/group",
        f"azureml:/{SUBSCRIPTION}/group./workspace",
        f"azureml:/{SUBSCRIPTION}/group/work space",
        f"azureml:/{SUBSCRIPTION}/group/workspace/more",
    ],
)
def test_a_target_names_a_workspace(uri: str) -> None:
    with pytest.raises(InvalidParameter, match="azureml:/subscription/resource-group/workspace"):
        connect(uri)


def test_an_address_is_three_names() -> None:
    found = address(f"azureml:/{SUBSCRIPTION}/my.group/work_space-1")
    assert tuple(found) == (SUBSCRIPTION, "my.group", "work_space-1")


@pytest.mark.parametrize("name", ["ab", "1churn", "churn-", "a" * 33, "a_b", "a/b"])
def test_names_are_those_that_azure_takes(name: str) -> None:
    with pytest.raises(InvalidParameter, match="3 to 32 letters"):
        names.checked(name)


def test_an_asset_is_known_by_its_id() -> None:
    ended = "workspaces/w/environments/millstream_a_b/versions/12"
    assert names.versioned(f"/subscriptions/s/resourceGroups/g/{ended}") == "millstream_a_b:12"
    assert names.versioned(None) is None
