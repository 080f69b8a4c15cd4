"""What strangers and mistyped words may hold executes nothing, by whichever way it comes in.

Each attack tries to have the file `pwned` made. What an entry point's own command does is code of
the project, and is run: of that kind is nothing here.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.unit.environments.conftest import Programs, programs
from tests.unit.projects.conftest import git

from millstream.client.tracking import MillstreamClient
from millstream.errors import ExecutionException, InvalidParameter, MillstreamError
from millstream.projects.running import run
from millstream.projects.source import fetch

__all__ = ["programs"]  # a fixture of another room

SHELL = (
    "; touch {pwned}",
    "$(touch {pwned})",
    "`touch {pwned}`",
    "| touch {pwned}",
    "&& touch {pwned} #",
    "\ntouch {pwned}\n",
    "' ; touch {pwned} ; '",
    '" ; touch {pwned} ; "',
    "\\'; touch {pwned}",
    "${{IFS}}$(touch${{IFS}}{pwned})",
    "a[$(touch {pwned})]",
)
"""What a shell would execute if it read it."""

TEMPLATE = """
apiVersion: batch/v1
kind: Job
spec: {template: {spec: {containers: [{name: a}]}}}
"""


@pytest.fixture(autouse=True)
def pwned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, new_session: None) -> Iterator[Path]:
    """The file that must not be there at the end."""
    monkeypatch.setenv("MILLSTREAM_TRACKING_URI", str(tmp_path / "mlruns"))
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:/usr/bin:/bin")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "pwned"
    yield path
    assert list(tmp_path.rglob("pwned")) == []


def attacks(pwned: Path, texts: tuple[str, ...] = SHELL) -> list[str]:
    """The texts with the path of the file in them."""
    return [text.format(pwned=pwned) for text in texts]


def test_the_attacks_would_work(tmp_path: Path) -> None:
    """That the file is made where a shell does read them."""
    for number, text in enumerate(attacks(tmp_path / "made")):
        for quoting in ("true {}", "true '{}'", 'true "{}"', "echo $((a[0]+{}))"):
            os.system(quoting.format(text) + f" 2> {os.devnull} > {os.devnull}")  # noqa: S605  # it is what must not happen
        assert (tmp_path / "made").exists(), SHELL[number]
        (tmp_path / "made").unlink()


def test_values_and_names_of_parameters(project: Path, pwned: Path) -> None:
    values = attacks(pwned)
    names = [f"p{number}" for number in range(len(values))]
    places = " ".join(f"{{{n}}} \"{{{n}}}\" '{{{n}}}' --x={{{n}}}" for n in names)
    command = {"parameters": dict.fromkeys(names, "string"), "command": f"true {places}"}
    (project / "MLproject").write_text(yaml.safe_dump({"entry_points": {"main": command}}))
    extra = {f"extra{number}": value for number, value in enumerate(values)}
    given = dict(zip(names, values, strict=True))
    submitted = run(str(project), parameters=given | extra)
    assert MillstreamClient().get_run(submitted.run_id).data.params == given | extra
    for value in values:
        with pytest.raises(InvalidParameter, match="cannot be an option"):
            run(str(project), parameters=given | {value: "1"})


@pytest.mark.parametrize("kind", ["float", "int", "bool", "choice", "path", "uri"])
def test_values_of_each_type(project: Path, pwned: Path, kind: str) -> None:
    about = {"type": kind} | ({"choices": ["a"]} if kind == "choice" else {})
    command = {"parameters": {"p": about}, "command": "true {p}"}
    (project / "MLproject").write_text(yaml.safe_dump({"entry_points": {"main": command}}))
    for value in attacks(pwned):
        if kind == "float":  # MLflow takes any text for one, which then is a word of the command
            run(str(project), parameters={"p": value})
            break
        with pytest.raises(InvalidParameter):
            run(str(project), parameters={"p": value})


OPTIONS_OF_GIT = (
    "--upload-pack=touch {pwned}",
    "-utouch {pwned}",
    "--exec=touch {pwned};@host:x",
    "ext::sh -c touch% {pwned}",
    "git+ext::sh -c touch% {pwned}",
    "fd::0/{pwned}",
    "ssh://-oProxyCommand=touch {pwned}/x.git",
    "git+ssh://-oProxyCommand=touch%20{pwned}/x.git",
    "-oProxyCommand=touch@host:{pwned}",
    "git@-oProxyCommand=touch {pwned}:x.git",
)


@pytest.mark.parametrize("version", [None, "main"])
@pytest.mark.parametrize("text", [*OPTIONS_OF_GIT, *SHELL])
def test_addresses_of_projects(text: str, version: str | None, pwned: Path) -> None:
    for uri in (text.format(pwned=pwned), f"{text.format(pwned=pwned)}.zip"):
        with pytest.raises(MillstreamError):
            fetch(uri, version, pwned.parent / "storage")


@pytest.mark.parametrize("text", [*OPTIONS_OF_GIT, *SHELL])
def test_versions_and_folders_in_projects(text: str, repository: Path, pwned: Path) -> None:
    attack = text.format(pwned=pwned)
    with pytest.raises(MillstreamError):
        fetch(repository.as_uri(), attack, pwned.parent / "storage")
    with pytest.raises(MillstreamError):
        fetch(f"{repository.as_uri()}#{attack}", "main", pwned.parent / "storage")


@pytest.mark.parametrize(
    "url", ["ext::sh -c touch% {pwned}", "--upload-pack=touch {pwned}", "-utouch {pwned}"]
)
def test_submodules_of_a_repository(url: str, repository: Path, pwned: Path) -> None:
    commit = git(repository, "rev-parse", "HEAD")
    said = f'[submodule "a"]\n\tpath = a\n\turl = "{url.format(pwned=pwned)}"\n'
    (repository / ".gitmodules").write_text(f"{said}\tupdate = !touch {pwned}\n")
    git(repository, "update-index", "--add", "--cacheinfo", f"160000,{commit},a")
    git(repository, "add", ".gitmodules")
    git(repository, "commit", "--quiet", "-m", "evil")
    with pytest.raises(MillstreamError, match="git submodule"):
        fetch(repository.as_uri(), "main", pwned.parent / "storage")


@pytest.mark.parametrize("way", ["folder", "git", "bare"])
def test_settings_hooks_and_filters_of_a_repository(
    way: str, repository: Path, pwned: Path, tmp_path: Path
) -> None:
    (repository / ".gitattributes").write_text("* filter=evil diff=evil\n")
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "-m", "attributes")
    evil = f"touch {pwned}"
    names = (
        "core.fsmonitor", "core.pager", "core.sshCommand", "diff.external", "diff.evil.textconv",
        "filter.evil.clean", "filter.evil.smudge", "uploadpack.packObjectsHook", "alias.fetch",
    )  # fmt: skip
    for name in names:
        git(repository, "config", name, evil)
    for name in ("post-checkout", "pre-receive", "reference-transaction", "post-index-change"):
        hook = repository / ".git" / "hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\n{evil}\n")
        hook.chmod(0o755)
    pwned.unlink(missing_ok=True)  # our own calls of git may have been caught
    (repository / "train.py").write_text("print('changed')\n")
    if way == "bare":
        (repository / ".git").rename(tmp_path / "bare.git")
    uri = {
        "folder": str(repository),
        "git": repository.as_uri(),
        "bare": str(tmp_path / "bare.git"),
    }
    run(uri[way], version=None if way == "folder" else "main")


ENTRY_POINTS = (
    "-cimport os;os.system('touch {pwned}')#.py",
    "-mos;touch {pwned}.py",
    "-c touch {pwned} #.sh",
    "--init-file=$(touch {pwned}).sh",
    *(f"{text}.py" for text in SHELL),
    *(f"{text}.sh" for text in SHELL),
    *SHELL,
)


def test_names_of_entry_points(project: Path, pwned: Path) -> None:
    for name in attacks(pwned, ENTRY_POINTS):
        with pytest.raises((InvalidParameter, ExecutionException)):
            run(str(project), name)


@pytest.mark.parametrize("way", ["absolute", "relative", "link"])
def test_entry_points_that_are_no_files_of_the_project(
    way: str, project: Path, pwned: Path, tmp_path: Path
) -> None:
    script = tmp_path / "evil.py"
    script.write_text(f"open({str(pwned)!r}, 'w')\n")
    (project / "link.py").symlink_to(script)
    name = {"absolute": str(script), "relative": "../evil.py", "link": "link.py"}[way]
    with pytest.raises(InvalidParameter, match="leads out of the project"):
        run(str(project), name)


def put_first(programs: Programs, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the stand-in for uv found first, and no index asked."""
    monkeypatch.setenv("PATH", f"{programs.folder}:{Path(sys.executable).parent}:/usr/bin:/bin")
    monkeypatch.setenv("MILLSTREAM_ENV_ROOT", str(programs.folder / "environments"))


@pytest.mark.parametrize("file", ["python_env.yaml", "conda.yaml"])
def test_lines_of_environment_files(
    file: str, project: Path, pwned: Path, programs: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They stand in a file that the installer reads, and none becomes a word of a command."""
    put_first(programs, monkeypatch)
    lines = [f"numpy {text}" for text in attacks(pwned) if "\n" not in text]
    nested: dict[str, Any] = {"dependencies": ["python=3.11", {"pip": lines}]}
    plain = {"dependencies": lines}
    (project / file).write_text(yaml.safe_dump(nested if file == "conda.yaml" else plain))
    run(str(project), env_manager="uv")
    (read,) = programs.folder.glob("environments/*/requirements.txt")
    assert all(line.partition("#")[0].strip() in read.read_text() for line in lines)
    words = [word for verb in ("venv", "pip") for call in programs.calls(verb) for word in call]
    assert not [word for word in words if "touch" in word]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("python", "3.11; touch {pwned}"),
        ("python", "--help"),
        ("python", "$(touch {pwned})"),
        ("dependencies", ["-r ../evil.txt"]),
        ("dependencies", ["-r /etc/passwd"]),
        ("dependencies", ["-c ../evil.txt"]),
        ("dependencies", ["-e ../evil"]),
        ("dependencies", ["evil @ file:../evil"]),
        ("dependencies", ["../evil"]),
        ("build_dependencies", ["-r ../evil.txt"]),
        ("dependencies", ["numpy\n-r ../evil.txt"]),
    ],
)
def test_what_environment_files_may_not_hold(
    field: str,
    value: Any,
    project: Path,
    pwned: Path,
    programs: Programs,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    put_first(programs, monkeypatch)
    evil = project.parent / "evil"
    evil.mkdir()
    (evil / "setup.py").write_text(f"open({str(pwned)!r}, 'w')\n")
    (project.parent / "evil.txt").write_text("evil @ file:evil\n")
    text = value.format(pwned=pwned) if isinstance(value, str) else value
    (project / "python_env.yaml").write_text(yaml.safe_dump({field: text}))
    with pytest.raises(MillstreamError):
        run(str(project), env_manager="uv")
    assert programs.calls("pip") == []


@pytest.mark.parametrize(
    ("backend", "config"),
    [
        *(
            ("slurm", {"options": {"partition": text}, "shared-store": True})
            for text in ("$(touch {pwned})", "a;touch {pwned}", "a\ntouch {pwned}")
        ),
        ("slurm", {"options": {"wrap": "touch {pwned}"}, "shared-store": True}),
        ("slurm", {"options": {"-wrap": "touch {pwned}"}, "shared-store": True}),
        ("slurm", {"options": {"partition=a --wrap": "touch"}, "shared-store": True}),
        ("slurm", {"python": "sh -c 'touch {pwned}'", "shared-store": True}),
        ("slurm", {"job-template": "| touch {pwned}", "shared-store": True}),
        ("ssh", {"host": "-oProxyCommand=touch {pwned}", "shared-store": True}),
        ("ssh", {"host": "a@-oProxyCommand=touch {pwned}", "shared-store": True}),
        ("ssh", {"host": "$(touch {pwned})", "shared-store": True}),
        ("ssh", {"host": "host", "python": "python;touch {pwned}", "shared-store": True}),
        ("ssh", {"host": "host", "port": "22 -oProxyCommand=touch", "shared-store": True}),
        ("ray", {"address": "$(touch {pwned})", "shared-store": True}),
        ("ray", {"address": "http://127.0.0.1:1", "python": "a;touch {pwned}"}),
        ("kubernetes", {"repository-uri": "--privileged", "kube-job-template-path": "job.yaml"}),
        (
            "kubernetes",
            {"repository-uri": "$(touch {pwned})", "kube-job-template-path": "job.yaml"},
        ),
        ("kubernetes", {"repository-uri": "a", "kube-job-template-path": "| touch {pwned}"}),
        (
            "kubernetes",
            {"repository-uri": "a", "kube-job-template-path": "job.yaml", "kube-context": ["a"]},
        ),
        ("millstream; touch {pwned}", {}),
    ],
)
def test_configurations_of_backends(
    backend: str, config: dict[str, Any], project: Path, pwned: Path
) -> None:
    Path("job.yaml").write_text(TEMPLATE)
    filled = {name: filled_in(value, pwned) for name, value in config.items()}
    with pytest.raises(MillstreamError):
        run(str(project), backend=filled_in(backend, pwned), backend_config=filled)


def filled_in(value: Any, pwned: Path) -> Any:
    """A value with the path of the file in its texts."""
    if isinstance(value, dict):
        return {name: filled_in(each, pwned) for name, each in value.items()}
    return value.format(pwned=pwned) if isinstance(value, str) else value
