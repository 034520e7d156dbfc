"""The hosts made small, on loopback: what a person rehearses with before spending a cent, and what tests run against.
The hosts' own clients speak to them unchanged, by base address alone."""
