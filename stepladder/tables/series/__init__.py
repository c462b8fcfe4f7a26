"""One row a series and period: wide tables made long, sales added up, what is odd about them named."""
