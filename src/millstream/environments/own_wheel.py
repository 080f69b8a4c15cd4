"""A wheel of the package that is running, so that another environment gets exactly that one.

It needs neither network nor build tools, and the same files always give the same bytes.
"""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import zipfile
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

import msgspec

from millstream.errors import NotSupported

_PACKAGES = {"millstream": "millstream", "millstream-mlflow": "mlflow"}
"""Our distributions, and the package that each installs."""

_THE_DROP_IN = "_names.py"  # MLflow's own package `mlflow` has no such module
_EPOCH = (1980, 1, 1, 0, 0, 0)
_KEPT = ("METADATA", "entry_points.txt")


class OwnWheel(msgspec.Struct, frozen=True):
    """One of our distributions as it is here: its file name, and the files that it installs."""

    name: str
    version: str
    files: tuple[tuple[str, Path], ...]
    texts: tuple[tuple[str, str], ...]

    @property
    def file_name(self) -> str:
        """The name that a wheel must have."""
        return f"{self.name.replace('-', '_')}-{self.version}-py3-none-any.whl"

    @property
    def digest(self) -> str:
        """The SHA-256 over the names and contents of all files, hexadecimal."""
        whole = hashlib.sha256()
        for name, content in self._contents():
            whole.update(f"{name}\0{len(content)}\0".encode())
            whole.update(content)
        return whole.hexdigest()

    def without(self, folder: str) -> OwnWheel:
        """The same, but for the files in one of its folders."""
        kept = tuple(one for one in self.files if not one[0].startswith(f"{folder}/"))
        return msgspec.structs.replace(self, files=kept)

    def write(self, folder: Path) -> Path:
        """Write the wheel into a folder, and say where it is."""
        path = folder / self.file_name
        record = f"{self._information}/RECORD"
        lines = []
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in self._contents():
                archive.writestr(_entry(name), content)
                lines.append(f"{name},sha256={_record_digest(content)},{len(content)}\n")
            archive.writestr(_entry(record), "".join([*lines, f"{record},,\n"]))
        return path

    @property
    def _information(self) -> str:
        return f"{self.name.replace('-', '_')}-{self.version}.dist-info"

    def _contents(self) -> Iterable[tuple[str, bytes]]:
        for name, path in self.files:
            yield name, path.read_bytes()
        for name, text in self.texts:
            yield f"{self._information}/{name}", text.encode()


def own_wheels() -> list[OwnWheel]:
    """The wheels of what is installed here: this package, and the drop-in if there is one.

    Where this package runs without being installed, `NotSupported` is raised.
    """
    wheels = [wheel for name in _PACKAGES if (wheel := _wheel(name)) is not None]
    if not wheels or wheels[0].name != "millstream":
        raise NotSupported(
            "An environment needs this package in it, which runs here without being installed: "
            "install it with pip, or use the present environment with --env-manager local."
        )
    return wheels


def _wheel(name: str) -> OwnWheel | None:
    try:
        distribution = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return None
    package = _PACKAGES[name]
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        return None
    folder = Path(found.submodule_search_locations[0])
    if package == "mlflow" and not (folder / _THE_DROP_IN).is_file():
        return None
    texts = [(file, text) for file in _KEPT if (text := distribution.read_text(file))]
    version = distribution.version
    texts.append(("WHEEL", _WHEEL))
    return OwnWheel(name, version, tuple(_files(folder, package)), tuple(texts))


_WHEEL = "Wheel-Version: 1.0\nGenerator: millstream\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def _files(folder: Path, package: str) -> Iterable[tuple[str, Path]]:
    for path in sorted(folder.rglob("*")):
        inner = path.relative_to(folder)
        if path.is_file() and "__pycache__" not in inner.parts and path.suffix != ".pyc":
            yield f"{package}/{inner.as_posix()}", path


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    return entry


def _record_digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
