"""The version of the package, and the MLflow version whose interface it speaks."""

VERSION = "0.1.0"
MLFLOW_VERSION = "3.17.2"
