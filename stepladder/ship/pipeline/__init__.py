"""The nightly run: check the data, learn anew if due, predict, publish, watch; each step done once."""
