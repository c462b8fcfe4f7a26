"""The report: one self-contained page that a marketer understands."""

from stepladder.core.view import View
from stepladder.report.page import write

__all__ = ["View", "write"]
