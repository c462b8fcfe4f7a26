"""What is in production, as a folder that runs alone on another machine."""

from stepladder.leave.bundle.write import bundle

__all__ = ["bundle"]
