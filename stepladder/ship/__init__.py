"""What was decided, in production: released, run every night, served over HTTP, or taken elsewhere."""
