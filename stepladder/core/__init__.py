"""What every question shares: asking, history, rungs, models, predictions, the record. Knows no question."""
