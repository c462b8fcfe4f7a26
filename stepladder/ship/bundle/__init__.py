"""What is in production, as a folder that runs alone on another machine."""

from stepladder.ship.bundle.write import bundle

__all__ = ["bundle"]
