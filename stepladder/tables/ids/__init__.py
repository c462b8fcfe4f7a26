"""Who or what a row is about: spellings of one id, one row a key, ids that agree between tables."""
