"""What this workbench promises, measured: seconds, memory, decibels and steadiness, each against something beside it.

Ratios within one run are what to go by: seconds depend on the machine and on what else it does."""
