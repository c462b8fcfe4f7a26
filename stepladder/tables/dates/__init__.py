"""Days and times, however they were written."""
