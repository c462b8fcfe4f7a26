"""Where a table comes from: files here or on S3, workbooks, databases, read without touching them."""
