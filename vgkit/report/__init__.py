"""Reports on all runs from the ledger: as text, in a notebook, and as one page that opens anywhere."""

from vgkit.report.report import MEASURE, Report, report

__all__ = ["MEASURE", "Report", "report"]
