"""What importing costs, counted in modules, in a fresh process."""

from __future__ import annotations

import subprocess
import sys


def modules_after(statement: str) -> set[str]:
    program = f"{statement}\nimport sys\nprint('\\n'.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


THIRD_PARTY = {
    "msgspec",
    "urllib3",
    "click",
    "rich",
    "yaml",
    "sqlalchemy",
    "alembic",
    "starlette",
    "uvicorn",
}
HEAVY = {
    "argon2",
    "asyncio",
    "numpy",
    "pandas",
    "sqlalchemy",
    "alembic",
    "starlette",
    "uvicorn",
    "sklearn",
}


def test_importing_the_package_loads_no_third_party_module() -> None:
    before = modules_after("pass")
    loaded = modules_after("import millstream") - before
    assert not loaded & (THIRD_PARTY | HEAVY)
    assert len(loaded) <= 10


def test_a_training_script_on_a_local_store_stays_light(tmp_path: object) -> None:
    script = (
        f"import millstream as m; m.set_tracking_uri({str(tmp_path)!r})\n"
        "with m.start_run(): m.log_param('a', 1); m.log_metric('b', 2.0)"
    )
    assert not modules_after(script) & HEAVY
