"""One word for whether a promise was kept, which stands out where it was not. All benches end in it."""


def kept(yes: bool) -> str:
    """Say yes, or shout no."""
    return "yes" if yes else "NO"
