"""Running a rung in a process of its own, which sees its history and nothing else."""
