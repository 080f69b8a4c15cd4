"""What is said of a job that scores files is checked before anything is made."""

from __future__ import annotations

import pytest

from millstream.deploy.azureml.batch_options import checked_input, output_place, read
from millstream.deploy.azureml.workspace import Address
from millstream.errors import InvalidParameter

WHERE = Address("sub", "group", "space")


def test_what_is_not_said_has_a_default() -> None:
    said = read({"compute": "cpu-cluster", "max_retries": "0", "error_threshold": "-1"})
    assert (said.compute, said.input_type, said.instance_count) == ("cpu-cluster", "uri_folder", 1)
    assert (said.mini_batch_size, said.mini_batch_timeout) == (10, 300)
    assert (said.max_retries, said.error_threshold, said.env) == (0, -1, {})
    assert read({"compute": "cpu"}).max_retries == 3
    assert read({"compute": "cpu"}).error_threshold == 0


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({}, "'compute' is ''; it is the name of a compute cluster"),
        ({"compute": "../other"}, "'compute' is '../other'"),
        ({"compute": "cpu", "input_type": "mltable"}, "'input_type' is 'mltable'"),
        ({"compute": "cpu", "instance_count": "0"}, "'instance_count' is '0'"),
        ({"compute": "cpu", "mini_batch_size": "many"}, "'mini_batch_size' is 'many'"),
        ({"compute": "cpu", "error_threshold": "-2"}, "'error_threshold' is '-2'"),
        ({"compute": "cpu", "env": "API_TOKEN=x"}, "'env' has API_TOKEN"),
    ],
)
def test_what_is_no_value_is_refused(config: dict[str, str], said: str) -> None:
    with pytest.raises(InvalidParameter, match=said):
        read(config)


@pytest.mark.parametrize(
    "uri",
    [
        "azureml://datastores/workspaceblobstore/paths/rows/2026/",
        "azureml:rows:3",
        "https://account.blob.core.windows.net/container/rows.csv",
    ],
)
def test_an_input_is_read_where_azure_is(uri: str) -> None:
    assert checked_input(uri) == uri


@pytest.mark.parametrize(
    "uri",
    [
        "rows.csv",
        "/etc/passwd",
        "file:///etc/passwd",
        "http://account.blob.core.windows.net/container/rows.csv",
        "azureml://datastores/workspaceblobstore/paths/../../other",
        "azureml://datastores/workspaceblobstore",
    ],
)
def test_another_input_is_refused(uri: str) -> None:
    with pytest.raises(InvalidParameter, match="Azure ML reads azureml://datastores/NAME"):
        checked_input(uri)


@pytest.mark.parametrize(
    "link",
    [
        "https://account.blob.core.windows.net/container/rows.csv?sig=hidden",
        "https://somebody:hidden@example.com/rows.csv",
    ],
)
def test_a_key_in_a_link_is_refused_and_not_shown(link: str) -> None:
    for check in (checked_input, lambda uri: output_place(uri, WHERE)):
        with pytest.raises(InvalidParameter) as raised:
            check(link)
        assert "hidden" not in str(raised.value)


def test_an_output_is_a_file_in_a_datastore() -> None:
    place = output_place("azureml://datastores/store/paths/scores/nightly.csv", WHERE)
    assert place == (
        "/subscriptions/sub/resourceGroups/group/providers/Microsoft.MachineLearningServices"
        "/workspaces/space/datastores/store/paths/scores/nightly.csv"
    )


@pytest.mark.parametrize("path", ["scores/", "../scores.csv", "scores?x.csv", ""])
def test_another_output_is_refused(path: str) -> None:
    with pytest.raises(InvalidParameter, match="Azure ML writes a file at azureml://"):
        output_place(f"azureml://datastores/store/paths/{path}", WHERE)
