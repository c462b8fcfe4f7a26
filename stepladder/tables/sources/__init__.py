"""Where a table comes from: a file, a folder, a zip, a workbook or a database, read without touching it."""
