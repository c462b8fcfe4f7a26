"""The bake-off: every rung replays the past, and the lowest that is good enough is proposed."""
