"""What every question shares: asking, history, rungs, models, predictions, files. Knows no question."""
