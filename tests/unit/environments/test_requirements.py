"""Lines of requirements are understood as pip understands them."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream.environments import requirements as lines
from millstream.errors import InvalidParameter

NUMPY = metadata.version("numpy")


@pytest.mark.parametrize(
    "line",
    [
        "mlflow",
        "mlflow==3.17.2",
        "MLflow[extras]>=2,<4",
        "mlflow_skinny==2.9",
        "mlflow-tracing",
        "millstream==0.1",
        "millstream_mlflow",
        "mlflow @ git+https://example.com/mlflow.git",
        "mlflow==2.0 ; python_version > '3'",
        "mlflow==2.0 --hash=sha256:aa --hash=sha256:bb",
    ],
)
def test_this_package_is_never_asked_for(line: str) -> None:
    assert lines.without_ours([line, "numpy"]) == ["numpy"]


@pytest.mark.parametrize("line", ["mlflow-export-import", "numpy", "--pre", "./mlflow.whl"])
def test_what_only_looks_like_it_stays(line: str) -> None:
    assert lines.without_ours([line]) == [line]


def test_an_override_replaces_the_same_package_and_adds_others() -> None:
    given_lines = ["scikit_learn==1.2", "numpy", "--pre"]
    assert lines.overridden(given_lines, ["Scikit-Learn>=1.4", "pandas"]) == [
        "numpy",
        "--pre",
        "Scikit-Learn>=1.4",
        "pandas",
    ]


class TestExpanded:
    def test_comments_and_continued_lines(self) -> None:
        text = ["# all", "numpy==1.0 \\", "  --hash=sha256:aa  # why", "", "x @ https://h/x#egg=x"]
        assert lines.expanded(text, None) == [
            "numpy==1.0    --hash=sha256:aa",
            "x @ https://h/x#egg=x",
        ]

    def test_included_files_are_read(self, tmp_path: Path) -> None:
        (tmp_path / "more.txt").write_text("pandas\n-r rest.txt\n-c bounds.txt\n")
        (tmp_path / "rest.txt").write_text("scipy")
        (tmp_path / "bounds.txt").write_text("numpy<9")
        assert lines.expanded(["-r more.txt", "numpy"], tmp_path) == [
            "pandas",
            "scipy",
            f"-c {tmp_path / 'bounds.txt'}",
            "numpy",
        ]

    def test_paths_become_absolute(self, tmp_path: Path) -> None:
        (tmp_path / "wheels").mkdir()
        wheel = tmp_path / "wheels" / "own-1-py3-none-any.whl"
        wheel.touch()
        assert lines.expanded(["wheels/own-1-py3-none-any.whl"], tmp_path) == [str(wheel)]
        assert lines.local_files([str(wheel), "numpy"]) == [wheel]
        assert lines.expanded(["-e .", "--editable=wheels[x,y]"], tmp_path) == [
            f"-e {tmp_path}",
            f"-e {tmp_path}/wheels[x,y]",
        ]
        elsewhere = ["-e git+https://example.com/own.git#egg=own"]
        assert lines.expanded(elsewhere, tmp_path) == elsewhere

    def test_addresses_of_files_become_absolute(self, tmp_path: Path) -> None:
        (tmp_path / "own wheels").mkdir()
        wheel = tmp_path / "own wheels" / "own-1-py3-none-any.whl"
        wheel.touch()
        full = wheel.as_uri()
        asked = [
            "own @ file:own%20wheels/own-1-py3-none-any.whl",
            f"own[x,y] @ file://localhost{full.removeprefix('file://')} ; python_version > '3'",
            "own@./own-1.whl#sha256=aa",
            f"{full}#egg=own",
            "-e own @ file:own%20wheels",
            "-e git+file:own%20wheels@main#egg=own",
            "-f own wheels",
            f"--index-url {full}",
        ]
        (tmp_path / "own-1.whl").touch()
        found = lines.expanded(asked, tmp_path)
        folder = (tmp_path / "own wheels").as_uri()
        assert found == [
            f"own @ {full}",
            f"own[x,y] @ {full} ; python_version > '3'",
            f"own@{tmp_path.as_uri()}/own-1.whl#sha256=aa",
            f"{full}#egg=own",
            f"-e own @ {folder}",
            f"-e git+{folder}@main#egg=own",
            f"-f {tmp_path}/own wheels",
            f"--index-url {full}",
        ]
        assert lines.expanded(found, None) == found
        assert lines.local_files(found) == [wheel, wheel, tmp_path / "own-1.whl", wheel]

    @pytest.mark.parametrize(
        "line",
        [
            "numpy>=1",
            "own @ https://example.com/own.whl",
            "own @ git+https://example.com/own.git@main",
            "git+ssh://git@example.com/own.git",
            "https://example.com/own.whl",
            "-e git+https://example.com/own.git@main#egg=own",
            "-f https://example.com/wheels",
            "--extra-index-url https://example.com/simple",
            "--pre",
        ],
    )
    def test_what_names_no_file_of_this_machine_stays(self, line: str, tmp_path: Path) -> None:
        assert lines.expanded([line], tmp_path) == [line]

    @pytest.mark.parametrize(
        "line",
        [
            "../own.whl",
            "-r ../more.txt",
            "-r../more.txt",
            "--requirement=../more.txt",
            "-c ../more.txt",
            "-c bounds.txt",
            "/etc/hostname",
            "no.whl",
            "-e ..",
            "-e /etc",
            "-e ../own@1",
            "-e file:..",
            "-e own @ file:..",
            "own @ file:../own.whl",
            "own @ FILE:../own.whl",
            "own[x] @ file:../own.whl ; python_version > '3'",
            "own @ file:///etc/hostname",
            "own @ file://localhost/etc/hostname",
            "own @ file://../own.whl",
            "own @ file:%2e%2e/own.whl",
            "own @ file:${HOME}",
            "own @ file:a%00b",
            "own @ ../own.whl",
            "own @ git+file:..@main",
            "file:../own.whl",
            "file:///etc/hostname",
            "../own@1.whl",
            "inner/../../own@1",
            "-f ..",
            "--find-links=file:..",
            "--index-url file:///etc",
            "--extra-index-url=file:..",
        ],
    )
    def test_no_path_leads_out_or_to_nothing(self, line: str, tmp_path: Path) -> None:
        inner = tmp_path / "model"
        (inner / "inner").mkdir(parents=True)
        (inner / "bounds.txt").write_text("own @ file:../own.whl")
        for name in ("own.whl", "own@1.whl", "more.txt"):
            (tmp_path / name).touch()
        (tmp_path / "own@1").mkdir()
        with pytest.raises(InvalidParameter, match="must be a file in"):
            lines.expanded([line], inner)

    def test_files_that_include_each_other_end(self, tmp_path: Path) -> None:
        (tmp_path / "a.txt").write_text("-r a.txt\n-r a.txt")
        (tmp_path / "b.txt").write_text("-c b.txt")
        for line in ("-r a.txt", "-c b.txt"):
            with pytest.raises(InvalidParameter, match="more than 20 files"):
                lines.expanded([line], tmp_path)


class TestMismatches:
    @pytest.mark.parametrize(
        "line",
        [
            "numpy",
            f"numpy=={NUMPY}",
            f"NumPy=={NUMPY}; python_version > '3'",
            "numpy==0.1; python_version < '3'",
            "--extra-index-url https://example.com/simple",
        ],
    )
    def test_none_for_what_is_here(self, line: str) -> None:
        assert lines.mismatches([line], []) == []

    def test_each_says_what_is_here_and_what_is_asked(self) -> None:
        found = lines.mismatches(["numpy==0.1", "no-such-package>=1", "numpy==0.1"], [])
        assert found == [f"numpy is {NUMPY} here, not ==0.1", "no-such-package is not here"]

    def test_what_comes_from_an_address_cannot_be_compared_and_shows_no_password(self) -> None:
        asked = ["numpy @ https://me:secret@example.com/numpy.whl", "git+https://a:b@example.com/x"]
        found = lines.mismatches(asked, [])
        assert len(found) == 2
        assert "secret" not in str(found)
        assert "a:b" not in str(found)

    def test_constraints_only_bind_what_is_here(self) -> None:
        assert lines.mismatches([], ["no-such-package==1", f"numpy=={NUMPY}"]) == []
        assert lines.mismatches([], ["numpy<0.1"]) == [f"numpy is {NUMPY} here, not <0.1"]

    def test_packages_of_extras_count(self) -> None:
        assert lines.mismatches(["millstream"], []) == []
        missing = lines.mismatches(["hypothesis[django]"], [])
        assert missing == ["django of hypothesis[django] is not here"]

    def test_packages_of_conda(self) -> None:
        major = NUMPY.partition(".")[0]
        assert (
            lines.conda_mismatches(["conda-forge::numpy", f"numpy={major}", f"numpy>={major}"])
            == []
        )
        assert lines.conda_mismatches(["numpy=0.1.*", "cudatoolkit=11"]) == [
            f"numpy is {NUMPY} here, not 0.1.*",
            "conda's cudatoolkit is not here",
        ]


def test_addresses_are_whatever_is_more_than_a_name() -> None:
    asked = ["numpy==1", "-i https://h/", "x @ https://h/x", "git+https://h/x", "./x.whl"]
    assert lines.addresses(asked) == asked[1:]


@given(st.lists(st.text(), max_size=5))
def test_any_text_is_understood_or_refused(text: list[str]) -> None:
    try:
        found = lines.expanded(text, None)
    except InvalidParameter:
        return
    lines.mismatches(lines.without_ours(found), found)
    lines.conda_mismatches(text)
