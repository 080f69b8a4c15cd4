"""Run by the real MLflow: its client in two workspaces of our server, told as JSON."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from mlflow.exceptions import MlflowException

import mlflow


def refusal(call: object, *arguments: object) -> str:
    """The code of the error that a call ends with."""
    try:
        call(*arguments)  # type: ignore[operator]  # a function of MLflow
    except MlflowException as error:
        return str(error.error_code)
    return "nothing"


def work(name: str) -> dict[str, object]:
    """Log and register under the same names in each workspace."""
    mlflow.set_workspace(name)
    experiment_id = mlflow.create_experiment("same")
    with mlflow.start_run(experiment_id=experiment_id) as run:
        mlflow.log_param("team", name)
        mlflow.log_metric("loss", 0.5)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "note.txt")
            path.write_text(name)
            mlflow.log_artifact(str(path))
    client = mlflow.MlflowClient()
    client.create_registered_model("model")
    version = client.create_model_version("model", run.info.artifact_uri, run.info.run_id)
    return {
        "run_id": run.info.run_id,
        "experiment": mlflow.get_experiment(experiment_id).workspace,
        "model": client.get_registered_model("model").workspace,
        "version": version.version,
        "note": mlflow.artifacts.load_text(f"{run.info.artifact_uri}/note.txt"),
        "names": sorted(one.name for one in mlflow.search_experiments()),
        "models": len(client.search_registered_models()),
    }


def main(address: str) -> None:
    """All that is compared."""
    mlflow.set_tracking_uri(address)
    made = mlflow.create_workspace("red", description="the red team")
    mlflow.create_workspace("blue")
    red, blue = work("red"), work("blue")
    foreign = refusal(mlflow.get_run, red["run_id"])
    mlflow.set_workspace("red")
    mine = mlflow.get_run(str(red["run_id"])).data.params
    found = {
        "made": made.to_dict(),
        "red": red,
        "blue": blue,
        "foreign": foreign,
        "mine": mine,
        "updated": mlflow.update_workspace("red", description="red").to_dict(),
        "taken": refusal(mlflow.create_workspace, "red"),
        "invalid": refusal(mlflow.create_workspace, "Not_A_Name"),
        "restricted": refusal(mlflow.delete_workspace, "blue"),
    }
    mlflow.delete_workspace("blue", mode="CASCADE")
    found["left"] = [each.name for each in mlflow.list_workspaces()]
    mlflow.set_workspace("blue")
    found["gone"] = refusal(mlflow.search_experiments)
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1])
