"""The nightly run: check, learn anew, predict, publish, watch, as tasks whose outputs say what is done."""
