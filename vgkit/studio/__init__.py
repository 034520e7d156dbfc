"""The studio without its page: what a form holds and what is wrong with it, films made by processes of their own, and
how far each is. A page shows it; everything here works without one."""
