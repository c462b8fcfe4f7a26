"""What the command line shows: tables, progress, questions and failures."""
