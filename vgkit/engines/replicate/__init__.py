"""Replicate as a host: calls made by its own client, replies read by our own rules."""
