"""An image that holds this machine's Python, so that images are built on it without a registry."""

from __future__ import annotations

import contextlib
import hashlib
import re
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import urllib3
from tests.patience import patient_request

CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")  # which Python's slim image has as well
TOOLS = ("sh", "find", "ls", "rm", "mkdir", "chown")
LIBRARY = re.compile(r"(?:=> )?(/\S+) \(0x")


def buildah(*words: str) -> str:
    done = subprocess.run(["buildah", *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def libraries(program: Path) -> set[Path]:
    """The shared libraries that a program or a library loads."""
    done = subprocess.run(["ldd", str(program)], capture_output=True, text=True)
    return {Path(found) for found in LIBRARY.findall(done.stdout)}


def expected_libraries() -> set[Path]:
    """Those that wheels of Python expect of every Linux."""
    listed = subprocess.run(["ldconfig", "-p"], capture_output=True, text=True, check=True)
    expected = re.compile(
        r"(?:ld-linux\S*|libgcc_s|libstdc\+\+|libm|libpthread|librt|libdl)\.so\.\d"
    )
    lines = [line.split() for line in listed.stdout.splitlines()[1:]]
    return {Path(words[-1]) for words in lines if expected.fullmatch(words[0])}


def python_root(root: Path) -> None:
    """A root file system that holds this machine's Python, a shell, and nothing else."""
    prefix = Path(sys.base_prefix)
    stdlib = Path(sysconfig.get_path("stdlib"))
    left_out = shutil.ignore_patterns("site-packages", "test", "tests", "__pycache__", "idlelib")
    shutil.copytree(stdlib, root / stdlib.relative_to("/"), ignore=left_out)
    programs = [Path(f"{prefix}/bin/python3").resolve()]
    programs += [Path(str(shutil.which(name))) for name in TOOLS]
    needed = {CERTIFICATES, *programs, *expected_libraries()}
    for program in [*programs, *stdlib.glob("lib-dynload/*.so")]:
        needed |= libraries(program)
    for path in needed:
        target = root / path.relative_to("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    (root / "usr/bin").mkdir(parents=True, exist_ok=True)
    for link, name in (("python3", programs[0]), ("sh", programs[1])):
        if not (root / "usr/bin" / link).exists():
            (root / "usr/bin" / link).symlink_to(name)
    if not (root / "bin").exists():
        (root / "bin").symlink_to("usr/bin")
    (root / "tmp").mkdir()
    (root / "tmp").chmod(0o1777)


def storage_driver(folder: Path) -> str:
    """How layers are kept: overlay where the kernel lets us, since vfs copies the image for each.

    A storage within an overlay, as in most containers, allows no other.
    """
    places = ("--root", str(folder / "graph"), "--runroot", str(folder / "run"))
    words = ["buildah", "--storage-driver", "overlay", *places, "info"]
    done = subprocess.run(words, capture_output=True)
    shutil.rmtree(folder, ignore_errors=True)
    return "overlay" if done.returncode == 0 else "vfs"


@contextlib.contextmanager
def python_image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The name of that image, in a storage of its own; without buildah the test is skipped."""
    if shutil.which("buildah") is None:
        pytest.skip("there is no program buildah")
    storage = tmp_path / "storage"
    storage.mkdir()
    places = f'runroot = "{storage}/run"\ngraphroot = "{storage}/graph"\n'
    driver = storage_driver(tmp_path / "probed")
    (storage / "storage.conf").write_text(f'[storage]\ndriver = "{driver}"\n{places}')
    monkeypatch.setenv("CONTAINERS_STORAGE_CONF", str(storage / "storage.conf"))
    monkeypatch.setenv("MILLSTREAM_CONTAINER_ENGINE", "buildah")
    root = tmp_path / "root"
    python_root(root)
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY . /\n")
    try:
        file = str(tmp_path / "Dockerfile")
        buildah("build", "--isolation", "chroot", "-t", "localhost/python", "-f", file, str(root))
        shutil.rmtree(root)
        yield "localhost/python"
    finally:
        subprocess.run(["buildah", "rm", "--all"], capture_output=True, check=True)
        subprocess.run(["buildah", "rmi", "--all", "--force"], capture_output=True, check=True)


def contents(image: str) -> dict[str, str]:
    """The digests of all files in an image, by their paths."""
    container = buildah("from", image)
    root = Path(buildah("mount", container))
    found = {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in root.rglob("*")
        if path.is_file() and not path.is_symlink()
    }
    buildah("umount", container)
    return found


def answer(port: int, path: str, body: object = None) -> tuple[int, str]:
    """What the server says, as soon as it is there."""
    deadline = time.monotonic() + 60
    while True:
        try:
            found = patient_request(
                "GET" if body is None else "POST",
                f"http://127.0.0.1:{port}{path}",
                json=body,
                headers={"Host": "doubles.models.svc.cluster.local"},
                retries=False,
            )
            if found.status != 503:
                return found.status, found.data.decode()
        except urllib3.exceptions.HTTPError:
            pass
        assert time.monotonic() < deadline, "the server does not answer"
        time.sleep(0.2)


def users(pid: int, module: str) -> set[int]:
    """Who runs a module among the processes of a session."""
    listed = subprocess.run(
        ["ps", "-ww", "-s", str(pid), "-o", "uid=,args="],
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [line.split(maxsplit=1) for line in listed.stdout.splitlines()]
    # The program that runs the container has its command among its own words.
    return {int(uid) for uid, words in lines if module in words and not words.startswith("buildah")}
