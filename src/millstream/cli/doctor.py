"""The command that says what is installed, what is set, and whether the store answers."""

from __future__ import annotations

import os
import platform
import re
import shutil
import sys
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import click
import urllib3

from millstream import connect, settings
from millstream.cli.options import example, json_option, tracking_uri_option
from millstream.cli.output import print_fields, print_json
from millstream.client.tracking import MillstreamClient
from millstream.errors import MillstreamError
from millstream.masking import MASK, is_secret, shown
from millstream.version import MLFLOW_VERSION, VERSION

LITTLE_SPACE = 1_000_000_000
MOST_SKEW_SECONDS = 60.0


@example(
    "millstream doctor",
    "millstream doctor --mask-envs --json > report.json",
)
@click.command()
@click.option("--mask-envs", is_flag=True, help="Hide the values of all settings.")
@json_option
@tracking_uri_option
@click.pass_context
def doctor(
    context: click.Context, mask_envs: bool, as_json: bool, tracking_uri: str | None
) -> None:
    """Print what is needed to find out why something fails.

    Passwords and tokens are masked. The exit code is 1 if something is wrong, which is named.
    """
    found = examine(tracking_uri, mask_envs=mask_envs)
    if as_json:
        print_json(found)
    else:
        for section, fields in found.items():
            if section != "problems":
                click.secho(section, bold=True)
                print_fields(fields or {"(none)": ""})
                click.echo()
        for problem in found["problems"]:
            click.echo(f"Problem: {problem}")
        if not found["problems"]:
            click.echo("Everything looks right.")
    context.exit(1 if found["problems"] else 0)


def examine(tracking_uri: str | None, *, mask_envs: bool) -> dict[str, Any]:
    """The whole report: sections of names and values, and the list of problems."""
    uri = tracking_uri or settings.load().tracking_uri or connect.DEFAULT_FOLDER
    problems: list[str] = []
    return {
        "installation": _installation(),
        "packages": _packages("", required=True),
        "extras": _extras(),
        "settings": _settings(mask_envs),
        "store": _store(uri, problems),
        "clock": _clock(uri, problems),
        "problems": problems,
    }


def _installation() -> dict[str, str]:
    return {
        "millstream": VERSION,
        "speaks MLflow": MLFLOW_VERSION,
        "python": f"{platform.python_version()} ({sys.executable})",
        "platform": platform.platform(),
        "processors": str(os.cpu_count()),
    }


def _requirements() -> Iterable[tuple[str, str]]:
    """Pairs of extra (empty for the base) and package."""
    for line in metadata.requires("millstream") or ():
        name = re.split(r"[^A-Za-z0-9._-]", line, maxsplit=1)[0]
        extra = re.search(r"extra\s*==\s*['\"]([^'\"]+)", line)
        yield (extra.group(1) if extra else ""), name


def _packages(wanted: str, *, required: bool) -> dict[str, str]:
    absent = "MISSING" if required else "not installed"
    return {name: _version(name) or absent for extra, name in _requirements() if extra == wanted}


def _extras() -> dict[str, str]:
    extras = sorted({extra for extra, _ in _requirements() if extra})
    return {
        extra: ", ".join(
            f"{name} {version}" for name, version in _packages(extra, required=False).items()
        )
        for extra in extras
    }


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _settings(mask_envs: bool) -> dict[str, str]:
    """What differs from the defaults."""
    current, defaults = settings.load(), settings.Settings()
    return {
        name: MASK if mask_envs or is_secret(name) else shown(str(getattr(current, name)))
        for name in settings.Settings.__struct_fields__
        if getattr(current, name) != getattr(defaults, name)
    }


def _store(uri: str, problems: list[str]) -> dict[str, str]:
    fields = {"tracking URI": shown(connect.canonical(uri))}
    folder = connect.local_folder(uri)
    if folder is not None:
        fields |= _disk(Path(folder), problems)
        if not Path(folder).exists():
            return fields | {"state": "nothing was logged here yet"}
    started = time.perf_counter()
    try:
        MillstreamClient(uri).search_experiments(max_results=1)
    except (MillstreamError, OSError) as error:
        problems.append(f"the store does not answer: {str(error).replace(uri, shown(uri))}")
        return fields | {"state": "does not answer"}
    return fields | {"state": f"answers in {(time.perf_counter() - started) * 1000:.0f} ms"}


def _disk(folder: Path, problems: list[str]) -> dict[str, str]:
    there = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(there).free
    if free < LITTLE_SPACE:
        problems.append(f"only {free / 1e6:.0f} MB are free on the disk of {folder}")
    if not os.access(there, os.W_OK):
        problems.append(f"{there} may not be written to")
    return {"free disk space": f"{free / 1e9:.1f} GB"}


def _clock(uri: str, problems: list[str]) -> dict[str, str]:
    now = datetime.now(UTC)
    fields = {"this machine": now.strftime("%Y-%m-%d %H:%M:%S UTC")}
    if not connect.is_remote(uri):
        return fields
    try:
        answer = urllib3.request("GET", f"{uri.rstrip('/')}/version", timeout=5.0, retries=False)
        skew = (parsedate_to_datetime(answer.headers["Date"]) - now).total_seconds()
    except urllib3.exceptions.HTTPError:
        return fields | {"server": "does not answer"}
    except (KeyError, ValueError):
        return fields | {"server": "does not say"}
    if abs(skew) > MOST_SKEW_SECONDS:
        problems.append(f"the clocks of this machine and the server differ by {abs(skew):.0f} s")
    return fields | {"server": f"{skew:+.0f} s from this machine"}
