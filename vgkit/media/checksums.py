"""Check the sums that FFV1 carries in every slice: its decoder only logs a wrong one and shows the frame before again.

Our own cut is such a file, and a disk that turns a bit over would else show as a film that stops for a moment.
"""

import zlib
from typing import Any

_FOOT = 8  # a slice ends in its length (3 bytes), an error mark (1) and its sum (4), when it has sums (RFC 9043, 4.9)
_MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
# zlib inverts what it begins with and ends with; FFV1 begins with nothing.
_NOTHING = 0xFFFFFFFF


class SliceChecks:
    """Whether each packet of a stream holds what was written; True for streams without sums."""

    def __init__(self, stream: Any) -> None:
        self._carried: bool | None = None if stream.codec_context.name == "ffv1" else False

    def hold(self, packet: Any) -> bool:
        """Check one packet; the first that comes tells whether there are sums at all."""
        if self._carried is False or not packet.size:
            return True
        mirrored = bytes(packet).translate(_MIRRORED)
        slices = _slices(mirrored)
        if self._carried is None:
            self._carried = bool(slices)
        return not self._carried or (bool(slices) and all(map(_agrees, slices)))


def _slices(mirrored: bytes) -> list[memoryview]:
    """The slices, found from the end as their lengths stand there; none where these do not add up."""
    slices, end = [], len(mirrored)
    while end > 0:
        length = mirrored[max(end - _FOOT, 0) :][:3].translate(_MIRRORED)
        start = end - _FOOT - int.from_bytes(length)
        if start < 0:
            return []
        slices.append(memoryview(mirrored)[start:end])
        end = start
    return slices


def _agrees(part: memoryview) -> bool:
    """Whether the CRC-32 (polynomial 04C11DB7, from the highest bit) over slice and sum is nought."""
    return zlib.crc32(part, _NOTHING) == _NOTHING
