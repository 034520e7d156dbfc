"""Measures of clips and films, one a file: each is defined, has a source, and says why where it has no number."""
