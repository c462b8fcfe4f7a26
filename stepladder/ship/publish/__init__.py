"""Predictions made visible: a file in published/, and a table in any database that question.toml names."""
