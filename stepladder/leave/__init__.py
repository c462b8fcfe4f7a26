"""Leaving: what is in production, taken to MLflow, to another machine, or to another scheduler."""
