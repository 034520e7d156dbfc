"""Batches: many films from one file, all checked and priced before the first is begun."""
