"""Source files that travel with a model: copied into it, and imported from it."""

from __future__ import annotations

import importlib
import shutil
import sys
import types
import warnings
from collections.abc import Callable, Iterator, Sequence
from importlib.machinery import EXTENSION_SUFFIXES, ExtensionFileLoader, FileFinder
from importlib.machinery import SourceFileLoader as _SourceFileLoader
from pathlib import Path
from typing import Any

from millstream.errors import InvalidParameter
from millstream.model_format.digests import CODE

EXTRA_FILES = "extra_files"
_IGNORED = ("__pycache__", "*.pyc")


class SourceLoader(_SourceFileLoader):
    """Imports the source and nothing else: compiled files beside it are neither read nor written.

    A compiled file is believed if it only says to be of that source, and no digest covers it.
    """

    def get_code(self, fullname: str) -> types.CodeType:
        """The source, compiled."""
        path = self.get_filename(fullname)
        code: types.CodeType = self.source_to_code(self.get_data(path), path)
        return code


def inside(directory: Path, name: str) -> Path:
    """The path of a file of the model; a name that leads out of it raises `InvalidParameter`."""
    path = (directory / name).resolve()
    if not path.is_relative_to(directory.resolve()):
        raise InvalidParameter(f"the model in {directory} names {name!r}, which is not inside it")
    return path


def copy_code(code_paths: Sequence[str] | None, directory: Path) -> str | None:
    """Copy source files and folders into the model; answers with their folder's name."""
    if code_paths is None:
        return None
    if not isinstance(code_paths, list):
        raise TypeError(f"Argument code_paths should be a list, not {type(code_paths)}")
    for given in code_paths:
        _copy(Path(given), directory, CODE)
    return CODE


def copy_extra_files(extra_files: Sequence[str] | None, directory: Path) -> list[dict[str, str]]:
    """Copy further files into the model; answers with where they are now."""
    copied = []
    for given in extra_files or ():
        _copy(Path(given), directory, EXTRA_FILES)
        copied.append({"path": f"{EXTRA_FILES}/{Path(given).name}"})
    return copied


def copy_modules(paths: dict[str, Path], directory: Path) -> str | None:
    """Copy files to the places below the folder of code that the keys say."""
    for place, source in paths.items():
        target = directory / CODE / place
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)
    return CODE if paths else None


def _copy(source: Path, directory: Path, folder: str) -> None:
    if not source.exists():
        raise InvalidParameter(f"{str(source)!r} is to be saved with the model and does not exist")
    target = directory / folder / (source.resolve().name if source.is_dir() else source.name)
    if target.exists():
        raise InvalidParameter(
            f"{str(source)!r} is to be saved with the model, which has a file or folder of the "
            f"name {target.name!r} already; give each another name"
        )
    target.parent.mkdir(exist_ok=True)
    if source.is_dir():
        _refuse_links_outwards(source)
        shutil.copytree(source, target, ignore=shutil.ignore_patterns(*_IGNORED))
    else:
        shutil.copy2(source, target)


def _refuse_links_outwards(folder: Path) -> None:
    """A link in a folder of code may not carry along what lies elsewhere on the machine."""
    root = folder.resolve()
    for path in folder.rglob("*"):
        if path.is_symlink() and not path.resolve().is_relative_to(root):
            raise InvalidParameter(
                f"{str(path)!r} is a link to {str(path.resolve())!r}, outside of the folder that is"
                " to be saved with the model; name what it points to in code_paths instead"
            )


def add_code_to_path(directory: Path, flavor: dict[str, Any]) -> None:
    """Make the source files that came with the model importable, before all others.

    A module of the same name that another model brought is imported anew, from this one; what the
    other has imported keeps working. A different one of the user's own stays, with a warning.
    """
    code = flavor.get("code")
    if not code:
        return
    folder = inside(directory, code)
    for name in _modules_in(folder):
        _make_way(name, folder)
    place = str(folder)
    if place in sys.path:
        sys.path.remove(place)
    else:
        sys.path_hooks.insert(0, _finder_below(folder))
        sys.path_importer_cache.pop(place, None)
    sys.path.insert(0, place)
    importlib.invalidate_caches()


def _finder_below(folder: Path) -> Callable[[str], FileFinder]:
    def hook(path: str) -> FileFinder:
        if not Path(path).is_relative_to(folder):
            raise ImportError(f"{path!r} does not belong to the model in {folder.parent}")
        extensions = (ExtensionFileLoader, EXTENSION_SUFFIXES)
        return FileFinder(path, extensions, (SourceLoader, [".py"]))

    return hook


def _modules_in(folder: Path) -> Iterator[str]:
    if folder.is_dir():
        for path in sorted(folder.iterdir()):
            if path.suffix == ".py" or path.is_dir():
                yield path.stem


def _make_way(name: str, folder: Path) -> None:
    """Forget a module that another model brought under the name of one in this folder."""
    loaded = sys.modules.get(name)
    file = getattr(loaded, "__file__", None) or next(iter(getattr(loaded, "__path__", [])), None)
    if loaded is None or file is None or Path(file).is_relative_to(folder):
        return
    model = _model_of(Path(file))
    if model is not None:
        warnings.warn(
            f"the models in {model} and {folder.parent} both bring a module {name!r}: from now on "
            "it is imported from the second. What the first imports only while it predicts is the "
            "second's too; give the modules different names if that matters",
            stacklevel=2,
        )
        for known in [key for key in sys.modules if key == name or key.startswith(f"{name}.")]:
            del sys.modules[known]
    elif _differs(Path(file), folder / name):
        warnings.warn(
            f"the module {name!r} is loaded from {file} already, and the model in {folder.parent} "
            "brings another of that name, which is not used; load the model in a process of its "
            "own if it needs that",
            stacklevel=2,
        )


def _model_of(file: Path) -> Path | None:
    """The directory of the model whose folder of code the file is in."""
    return next(
        (p.parent for p in file.parents if p.name == CODE and (p.parent / "MLmodel").is_file()),
        None,
    )


def _differs(file: Path, module: Path) -> bool:
    own = module / "__init__.py" if module.is_dir() else module.with_suffix(".py")
    if not own.is_file() or not file.is_file():
        return True
    return own.read_bytes() != file.read_bytes()
