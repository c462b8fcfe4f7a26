"""The bake-off: every rung replays the past, is scored with the question's one loss, and the lowest good enough is proposed."""
