"""Making sure that bytes are on the disk before a name says that they are there: see `files`."""

from stepladder.core.files import settle

__all__ = ["settle"]
