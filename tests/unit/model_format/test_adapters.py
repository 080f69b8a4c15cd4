"""No adapter, present or to come, turns bytes into objects by itself; each flavor is complete."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import millstream.model_format
from millstream.model_format.flavors import FLAVORS

ROOM = Path(str(millstream.model_format.__file__)).parent
ROOT = ROOM.parents[2]
ADAPTERS = sorted((ROOM / "frameworks").glob("[!_]*.py"))
OTHERS = [path for path in sorted(ROOM.glob("[!_]*.py")) if path.name != "deserialize.py"]

UNPICKLING = {"pickle", "_pickle", "cPickle", "dill", "joblib", "marshal", "shelve", "jsonpickle"}
RUNNING = {"eval", "exec", "compile", "__import__"}
LOADING = {"load", "loads", "Unpickler"}
WRITING = {"dump", "dumps", "Pickler", "PickleError", "DEFAULT_PROTOCOL", "HIGHEST_PROTOCOL"}
# Modules whose names are in our own tables, never in a model: adapters by name, skops, cloudpickle.
IMPORT_BY_OWN_NAME = {"adapters.py", "serialize.py"}


def problems(tree: ast.AST) -> Iterator[str]:
    used = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "pickle"
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import) and [one.name for one in node.names] == ["pickle"]:
            yield from (f"uses pickle.{name}" for name in sorted(used - WRITING) or ())
            yield from ["imports pickle for nothing"] if not used else []
            continue
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from _of_import(node)
        elif isinstance(node, ast.Call):
            yield from _of_call(node)


def _of_import(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    names = [alias.name for alias in node.names]
    roots = [node.module or ""] if isinstance(node, ast.ImportFrom) else names
    yield from (f"imports {root}" for root in roots if root.partition(".")[0] in UNPICKLING)
    if isinstance(node, ast.ImportFrom) and node.module in ("cloudpickle", "torch", "yaml"):
        yield from (f"imports {node.module}.{name}" for name in names if name in LOADING)


def _of_call(node: ast.Call) -> Iterator[str]:
    called = ast.unparse(node.func)
    given = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
    if called in RUNNING or re.fullmatch(r"builtins\.(eval|exec|compile)", called):
        yield f"calls {called}"
    if re.fullmatch(r"(cloudpickle|pickle|dill|joblib)\.(load|loads|Unpickler)", called):
        yield f"calls {called}"
    if called == "torch.load" and given.get("weights_only") != "True":
        yield "calls torch.load without weights_only=True"
    if given.get("allow_pickle") == "True" and called.rpartition(".")[2] in LOADING:
        yield f"calls {called} with allow_pickle=True"
    if called in ("yaml.load", "yaml.unsafe_load", "yaml.full_load"):
        yield f"calls {called}"
    if called in ("pd.read_pickle", "pandas.read_pickle"):
        yield f"calls {called}"
    if called.endswith("trust_remote_code") or given.get("trust_remote_code") == "True":
        yield "trusts remote code"
    if called in ("importlib.import_module", "import_module", "pkgutil.resolve_name"):
        argument = node.args[0] if node.args else None
        if not isinstance(argument, ast.Constant):
            yield f"imports a module whose name is computed: {ast.unparse(node)}"


@pytest.mark.parametrize("path", [*ADAPTERS, *OTHERS], ids=lambda path: path.stem)
def test_only_one_module_deserializes(path: Path) -> None:
    found = list(problems(ast.parse(path.read_text())))
    if path.name in IMPORT_BY_OWN_NAME:
        found = [one for one in found if "name is computed" not in one]
    assert found == []


@pytest.mark.parametrize(
    "code",
    [
        "import pickle",
        "import pickle\npickle.load(file)",
        "import pickle\nload = pickle.Unpickler",
        "from pickle import loads",
        "from joblib import load",
        "import dill.source",
        "import cloudpickle\ncloudpickle.load(f)",
        "from cloudpickle import loads",
        "torch.load(path)",
        "torch.load(path, weights_only=False)",
        "np.load(path, allow_pickle=True)",
        "yaml.load(text)",
        "eval(text)",
        "exec(code)",
        "importlib.import_module(flavor['module'])",
        "pd.read_pickle(path)",
        "AutoModel.from_pretrained(path, trust_remote_code=True)",
    ],
)
def test_what_deserializes_is_seen(code: str) -> None:
    assert list(problems(ast.parse(code)))


def test_what_is_safe_is_not() -> None:
    code = "torch.load(p, weights_only=True)\nnp.load(p, allow_pickle=False)\nyaml.safe_load(t)"
    assert list(problems(ast.parse(code))) == []


@pytest.mark.parametrize("name", sorted(FLAVORS))
def test_every_flavor_has_an_adapter_a_public_module_and_a_contract(name: str) -> None:
    flavor = FLAVORS[name]
    assert (ROOM / "frameworks" / f"{flavor.adapter}.py").is_file()
    assert (ROOM.parent / "integrations" / f"{name}.py").is_file()
    tests = ROOT / "tests" / "frameworks" / f"test_{name}.py"
    bases = {
        ast.unparse(base)
        for node in ast.walk(ast.parse(tests.read_text()))
        if isinstance(node, ast.ClassDef)
        for base in node.bases
    }
    assert bases & {"FrameworkContract", "GoesBothWays"}
