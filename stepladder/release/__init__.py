"""A release: what was decided on, fitted, pinned by hashes, and put into production."""
