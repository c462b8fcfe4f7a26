"""A project is a folder with a question.toml; here is a file for each thing one does with it."""
