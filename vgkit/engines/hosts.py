"""Hosts by name. One is imported when it is asked for; making one needs no key and opens no connection."""

import functools

from vgkit.engines.hosted import Host
from vgkit.errors import EngineUnknown

HOSTS = ("replicate", "openai")


@functools.cache
def host(name: str) -> Host:
    """The host of a name, the same one for everybody in this process. Raises EngineUnknown."""
    if name == "replicate":
        from vgkit.engines.replicate.host import Replicate

        return Replicate()
    if name == "openai":
        from vgkit.engines.openai.host import OpenAIHost

        return OpenAIHost()
    raise EngineUnknown(f"There is no host {name!r}. Use one of local, {', '.join(HOSTS)}.")
