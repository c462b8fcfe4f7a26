"""Bytes to text, and text to rows and columns: nothing is known yet of what they mean."""
