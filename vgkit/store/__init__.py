"""Where a finished film goes: a folder or a bucket. What is stored is verified in place before anyone is told that it
is there, and nothing that lies there already is ever written over, but by who knows it (``swap``).

Nothing of this touches a network or a key before something is stored, so a destination can be checked at any time."""

from vgkit.store.bucket import Bucket, bucket_at
from vgkit.store.deposit import Deposit, deposit
from vgkit.store.folder import Folder, folder_at
from vgkit.store.place import LONGEST_LINK_DAYS, Content, Link, Place, Stored, content_of

__all__ = [
    "LONGEST_LINK_DAYS",
    "Bucket",
    "Content",
    "Deposit",
    "Folder",
    "Link",
    "Place",
    "Stored",
    "content_of",
    "deposit",
    "place_for",
]


def place_for(destination: str) -> Place:
    """The place a destination means: ``s3://bucket/prefix``, a path or a ``file://`` address.

    Raises ParameterError for any other, and for a bucket's name that none can have; nothing is asked or made yet.
    """
    if destination.lower().startswith("s3:"):
        return bucket_at(destination)
    return Folder(folder_at(destination))
