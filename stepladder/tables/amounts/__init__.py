"""Amounts of money and other numbers, however they were written."""
