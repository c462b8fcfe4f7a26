"""The service: published predictions by HTTP, and predictions for cases that bring their own rows."""
