"""The same door to data on Spark, for tables that outgrow one machine; imported only when asked for."""

from stepladder.spark.history import SparkHistory
from stepladder.spark.session import session

UNFENCED = "on Spark every rung runs in the program itself, see docs/spark.md"  # a rung's `free`

__all__ = ["UNFENCED", "SparkHistory", "session"]
