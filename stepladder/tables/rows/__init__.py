"""Which rows stay, which go and why, and their order."""
