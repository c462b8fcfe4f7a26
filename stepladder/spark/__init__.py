"""The same door to data on Spark, for tables that outgrow one machine; imported only when asked for."""

from stepladder.spark.history import SparkHistory
from stepladder.spark.session import session

__all__ = ["SparkHistory", "session"]
