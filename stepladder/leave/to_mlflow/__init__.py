"""The bake-off and what was shipped, in an MLflow tracking server and its registry of models."""

from stepladder.leave.to_mlflow.log import ToMlflow, to_mlflow

__all__ = ["ToMlflow", "to_mlflow"]
