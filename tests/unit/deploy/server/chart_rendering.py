"""Renders a chart as Helm does; a program, since Helm brings the runtime of Go into its process.

It reads `{"chart": path, "cases": {name: {"values": {}, "upgrade": false}}}` from stdin and writes,
for each case, what Helm made of the templates, or what it said where it refused.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import helm_python


def rendered(chart: helm_python.Chart, path: str, case: dict[str, Any]) -> dict[str, str] | str:
    """The manifests by the paths of their templates, or the refusal."""
    upgrade = case.get("upgrade", False)
    try:
        chart.validate_schema(case["values"])
        found = chart.render(
            case["values"],
            name="tracking",
            namespace="ml",
            is_install=not upgrade,
            is_upgrade=upgrade,
        )
    except helm_python.HelmError as error:
        return str(error)
    lint = helm_python.lint(path, case["values"], strict=True)
    return {**found, "lint": json.dumps([*lint["errors"], *_above_information(lint)])}


def _above_information(lint: dict[str, Any]) -> list[str]:
    return [message["error"] for message in lint["messages"] if message["severity"] > 1]


def main() -> None:
    """Answer on stdout."""
    asked = json.load(sys.stdin)
    with helm_python.Chart.load(asked["chart"]) as chart:
        found = {
            name: rendered(chart, asked["chart"], case) for name, case in asked["cases"].items()
        }
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
