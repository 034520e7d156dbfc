"""From the lab to a template file of one's own, which runs use by its name or path like any other."""

from pathlib import Path

from vgkit.lab.words import Words


def write_template(words: Words, name: str, *, title: str = "", folder: Path | None = None) -> Path:
    """Write the edited template under a new name, into the templates' folder or ``folder``; return its path.

    Never over an existing file, and only what ``vgkit templates check`` accepts. Raises ParameterError for words with
    complaints or a name that is none or taken, TemplateError for what the check refuses, StoreError.
    """
    raise NotImplementedError
