"""Tonight's tables held against those that the last good night read: what was known must still be there."""
