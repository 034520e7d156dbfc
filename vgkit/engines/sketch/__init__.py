"""The offline engine for all four roles: no key, no GPU, no network; the same seed gives the same bytes."""
