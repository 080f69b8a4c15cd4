"""Modules under MLflow's names for what has another shape in Millstream."""
