"""Which column of a source serves as which column of a question."""
