"""How often a clip that should be one continuous view jumps to another."""

from vgkit.errors import NotMeasured
from vgkit.quality.cuts import Cuts
from vgkit.quality.measure import Measure
from vgkit.quality.view import Subject, View


class UnplannedCuts:
    """Counts jumps, as ``Cuts`` defines them; a single odd frame is two, there and back.

    One between all but equal pictures is not seen, nor always one to or from a blank picture.
    """

    def __init__(self, _: Subject) -> None:
        self._cuts, self._seen = Cuts(), 0

    def see(self, view: View) -> None:
        """Take in the next frame."""
        self._cuts.see(view)
        self._seen += 1

    def value(self) -> float:
        """Return the number of cuts. Raises NotMeasured for fewer than two frames."""
        if self._seen < 2:
            raise NotMeasured("with fewer than two frames there is no step that could be a cut")
        return float(len(self._cuts.jumps()))


MEASURE = Measure(
    name="unplanned_cuts",
    unit="cuts",
    direction="lower",
    span=(0.0, float("inf")),
    reads="how well neighbouring frames can be followed, and how much they differ",
    implementation="vgkit.quality.unplanned_cuts",
    version="1",
    begin=UnplannedCuts,
)
