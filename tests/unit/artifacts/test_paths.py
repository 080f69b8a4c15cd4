from __future__ import annotations

import os.path
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from millstream.artifacts import paths
from millstream.errors import InvalidParameter
from millstream.testing.artifact_stores import LEAVING

pieces = st.sampled_from(
    ["..", ".", "/", "\\", "\0", "%2e", "%252e", "%2F", "%5c", "%00", "a", "é", " ", "%", "C:", "~"]
)
hostile = st.lists(pieces, max_size=8).map("".join) | st.text(max_size=20)


def accepted(path: str) -> str | None:
    try:
        return paths.canonical(path)
    except InvalidParameter:
        return None


@given(hostile)
@example("%25252e%25252e/x")
def test_what_is_accepted_stays_below_the_root(path: str) -> None:
    found = accepted(path)
    if found is not None:
        joined = os.path.normpath(os.path.join("/root", found))  # noqa: PTH118 - what is tested
        assert joined == "/root" or joined.startswith("/root/")
        assert not {"\\", "\0"} & set(found)


@given(hostile)
def test_what_is_accepted_is_in_its_one_form(path: str) -> None:
    found = accepted(path)
    if found is not None:
        assert paths.canonical(found) == found
        assert "//" not in found
        assert not found.startswith("/")
        assert not found.endswith("/")


@given(hostile)
def test_a_path_means_the_same_in_a_url(path: str) -> None:
    found = accepted(path)
    if found is not None:
        assert paths.from_url(quote(found)) == found


@given(st.lists(st.sampled_from(["a", "b c", "ü", "x.y"]), min_size=1).map("/".join))
def test_ordinary_paths_are_left_as_they_are(path: str) -> None:
    assert paths.canonical(path) == path


@pytest.mark.parametrize("path", LEAVING)
def test_what_leaves_the_root_is_named_and_refused(path: str) -> None:
    with pytest.raises(InvalidParameter, match="Invalid path: ") as caught:
        paths.canonical(path)
    assert caught.value.status == 400
    assert repr(path) in caught.value.message


@pytest.mark.parametrize("path", ["a%2Fb", "%2e%2e/x", "%2E%2E%2fx", "%ff", "%00", "a%5cb", "/x"])
def test_what_leaves_the_root_is_refused_in_a_url(path: str) -> None:
    with pytest.raises(InvalidParameter, match="Invalid path"):
        paths.from_url(path)


@pytest.mark.parametrize("path", ["x" * 256, "/".join(["x" * 200] * 30), "\ud800"])
def test_what_no_disk_can_hold_is_refused(path: str) -> None:
    with pytest.raises(InvalidParameter, match="Invalid path"):
        paths.canonical(path)
