"""From the lab to a template file of one's own, which runs use by its name or path like any other."""

import json
import os
import secrets
from contextlib import suppress
from pathlib import Path

from pydantic import ValidationError

from vgkit.complaints import complain
from vgkit.errors import ParameterError, TemplateError
from vgkit.files import refused
from vgkit.lab.words import Words
from vgkit.places import templates_dir
from vgkit.template import Template
from vgkit.template_files import check_template


def write_template(words: Words, name: str, *, title: str = "", folder: Path | None = None) -> Path:
    """Write the edited template under a new name, into the templates' folder or ``folder``; return its path.

    Never over an existing file, and only what ``vgkit templates check`` accepts. Raises ParameterError for words with
    complaints or a name that is none or taken, TemplateError for what the check refuses, StoreError.
    """
    _, edited, _ = words.drafted
    try:
        template = Template.model_validate(edited.model_dump() | {"name": name} | ({"title": title} if title else {}))
    except ValidationError as refusal:
        raise ParameterError(f"The template can't be written:\n{complain(refusal)}") from refusal
    path = (folder or templates_dir()) / f"{name}.json"
    draft = path.with_name(f".{name}.{secrets.token_hex(4)}.json")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(_text(template, path.parent), encoding="utf-8")
        _check(draft, path)
        os.link(draft, path)  # refused where the name is taken, by whomever in between
    except FileExistsError as error:
        raise ParameterError(
            f"name: there is a template {name!r} already ({path}). Nothing is written over; choose another name."
        ) from error
    except OSError as error:
        raise refused(path, error) from error
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
    return path


def _text(template: Template, folder: Path) -> str:
    fields = template.model_dump(mode="json", exclude_none=True)
    schema = {"$schema": "./schema.json"} if (folder / "schema.json").is_file() else {}
    return json.dumps(schema | fields, indent=2, ensure_ascii=False) + "\n"


def _check(draft: Path, path: Path) -> None:
    template, found = check_template(draft)
    if template is None:
        raise TemplateError(f"{path} was not written:\n" + "\n".join(found))
