"""The foot of every ladder: a person behind the curtain answers as if they were the model."""
