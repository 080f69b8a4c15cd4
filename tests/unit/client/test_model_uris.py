from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import millstream
from millstream import MillstreamClient
from millstream.client.artifacts import download_artifacts
from millstream.client.model_uris import RegistryName, registry_name
from millstream.errors import InvalidParameter, MillstreamError, NotFound


@pytest.mark.parametrize(
    ("suffix", "alias"), [("/1", None), ("/production", None), ("/latest", None), ("@champion", 1)]
)
def test_files_of_a_version_are_found(
    client: MillstreamClient, registered: str, suffix: str, alias: int | None
) -> None:
    client.transition_model_version_stage(registered, "1", "Production")
    if alias is not None:
        client.set_registered_model_alias(registered, "champion", alias)
    folder = download_artifacts(f"models:/{registered}{suffix}", dst_path="fetched")
    assert Path(folder, "weights.txt").read_text() == "1 2 3"
    path = download_artifacts(f"models:/{registered}{suffix}/weights.txt", dst_path="one")
    assert Path(path).read_text() == "1 2 3"


def test_a_version_whose_source_is_in_a_run(client: MillstreamClient) -> None:
    with millstream.start_run() as run:
        millstream.log_text("4 5", "net/weights.txt")
    client.create_registered_model("prices")
    client.create_model_version("prices", f"runs:/{run.info.run_id}/net", run.info.run_id)
    assert millstream.artifacts.load_text("models:/prices/1/weights.txt") == "4 5"


@pytest.mark.parametrize(
    ("uri", "error", "message"),
    [
        ("models:/prices/9", NotFound, "version=9"),
        ("models:/prices/Staging", NotFound, "No versions of model with name 'prices' and stage"),
        ("models:/prices/foo", InvalidParameter, "Invalid Model Version stage: foo"),
        ("models:/prices@nobody", InvalidParameter, "alias nobody not found"),
        ("models:/none/latest", NotFound, "none"),
        ("models:/none@champion", NotFound, "none"),
        ("models:/empty/latest", NotFound, "No versions of model with name 'empty' found"),
        ("models:/prices@", InvalidParameter, "Not a proper models:/ URI"),
        ("models:/@champion", InvalidParameter, "Not a proper models:/ URI"),
        ("models:/prices//x", InvalidParameter, "Not a proper models:/ URI"),
        ("models:/prices", MillstreamError, "prices"),
    ],
)
def test_what_is_not_there_is_named(
    client: MillstreamClient, registered: str, uri: str, error: type[Exception], message: str
) -> None:
    client.create_registered_model("empty")
    with pytest.raises(error, match=message):
        download_artifacts(uri, dst_path="fetched")


def test_a_path_in_a_logged_model(logged: millstream.LoggedModel) -> None:
    assert millstream.artifacts.load_text(f"{logged.model_uri}/weights.txt") == "1 2 3"


names = st.text(st.characters(codec="ascii", exclude_characters="/:@"), min_size=1, max_size=9)


@given(names, names, st.lists(names, max_size=3))
def test_what_a_uri_of_the_registry_says(name: str, suffix: str, path: list[str]) -> None:
    path = [f"{part}." for part in path]  # no number or stage, which would end a name with an @
    below = "".join(f"/{part}" for part in path)
    joined = "/".join(path)
    assert registry_name(f"models:/{name}/{suffix}{below}") == (name, suffix, None, joined)
    assert registry_name(f"models:/{name}@{suffix}{below}") == (name, None, suffix, joined)
    assert registry_name(f"models://profile/{name}/{suffix}") == (name, suffix, None, "")
    assert registry_name(f"models:/{name}") is None
    assert registry_name(f"runs:/{name}/{suffix}") is None


@pytest.mark.parametrize(
    ("uri", "named"),
    [
        ("models:/a@1@2", RegistryName("a@1", None, "2", "")),
        ("models:/a@b/3", RegistryName("a@b", "3", None, "")),
        ("models:/a@b/3/weights.txt", RegistryName("a@b", "3", None, "weights.txt")),
        ("models:/a@b/production", RegistryName("a@b", "production", None, "")),
        ("models:/a@b/Latest/x/y", RegistryName("a@b", "Latest", None, "x/y")),
        ("models:/a@b@c/3", RegistryName("a@b@c", "3", None, "")),
        ("models:/a@b/weights.txt", RegistryName("a", None, "b", "weights.txt")),
    ],
)
def test_an_at_sign_in_a_name(uri: str, named: RegistryName) -> None:
    assert registry_name(uri) == named


@pytest.mark.parametrize("suffix", ["/1", "/Staging", "/latest", "@champion"])
def test_files_of_a_model_whose_name_has_an_at_sign(client: MillstreamClient, suffix: str) -> None:
    with millstream.start_run() as run:
        millstream.log_text("4 5", "net/weights.txt")
    name = "prices@north"
    client.create_registered_model(name)
    client.create_model_version(name, f"runs:/{run.info.run_id}/net", run.info.run_id)
    client.transition_model_version_stage(name, 1, "Staging")
    client.set_registered_model_alias(name, "champion", 1)
    uri = f"models:/{name}{suffix}"
    assert millstream.artifacts.load_text(f"{uri}/weights.txt") == "4 5"
    assert client.copy_model_version(uri, "copied").source == f"models:/{name}/1"
