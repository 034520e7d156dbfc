"""Experiments: the same films by several video engines, everything else locked."""
