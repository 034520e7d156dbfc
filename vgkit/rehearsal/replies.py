"""Replicate's objects as its API tells them, each with the keys that its OpenAPI document asks for."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from vgkit.engines.catalog import Entry
from vgkit.rehearsal.book import Prediction
from vgkit.rehearsal.fates import Course
from vgkit.rehearsal.uploads import Upload, Uploads
from vgkit.rehearsal.wares import input_schema

NSFW = "NSFW content detected. Try running it again, or try a different prompt."
FAILED = "CUDA out of memory. Tried to allocate 2.00 GiB (GPU 0; rehearsed)"
GONE_INPUT = "Could not download an input file: HTTP 404"
_ERRORS = {"nsfw": NSFW, "failed": FAILED, "input_gone": GONE_INPUT}
_STEPS = 50
_RELEASED = datetime(2024, 1, 1, tzinfo=UTC)


def prediction_json(
    prediction: Prediction, stands: Course, *, output: Any, removed: bool, address: str, age_s: float
) -> str:
    """A prediction as JSON text; its input goes in as it was sent, without being encoded anew."""
    fields: dict[str, Any] = {
        "id": prediction.id,
        "model": prediction.model,
        "version": echoed_version(prediction),
        "output": output,
        "logs": "" if removed else _logs(prediction, stands, age_s),
        "error": _error(prediction, stands),
        "status": stands.status,
        "created_at": iso(prediction.wall(0)),
        "data_removed": removed,
        "source": "api",
        "urls": {
            "get": f"{address}/v1/predictions/{prediction.id}",
            "cancel": f"{address}/v1/predictions/{prediction.id}/cancel",
            "web": f"{address}/p/{prediction.id}",
        },
    }
    if prediction.deadline_s is not None:
        fields["deadline"] = iso(prediction.wall(prediction.deadline_s))
    if stands.started_s is not None:
        fields["started_at"] = iso(prediction.wall(stands.started_s))
    if stands.ended_s is not None:
        fields["completed_at"] = iso(prediction.wall(stands.ended_s))
        fields["metrics"] = {"total_time": round(stands.ended_s, 6)}
        if stands.status != "aborted":
            fields["metrics"]["predict_time"] = stands.predict_s
    sent = "{}" if removed else prediction.input_json
    return f'{{"input": {sent}, {json.dumps(fields, ensure_ascii=False)[1:]}'


def echoed_version(prediction: Prediction) -> str:
    """The version a reply names, which is not always the one that was asked for."""
    return prediction.version[::-1] if prediction.fate.fault == "other_version" else prediction.version


def upload_fields(upload: Upload, uploads: Uploads, *, address: str) -> dict[str, Any]:
    """An uploaded file."""
    return {
        "id": upload.id,
        "name": upload.name,
        "content_type": upload.content_type,
        "size": upload.size,
        "etag": upload.md5,
        "checksums": {"sha256": upload.sha256, "md5": upload.md5},
        "metadata": dict(upload.metadata),
        "created_at": iso(datetime.fromtimestamp(upload.created, UTC)),
        "expires_at": iso(datetime.fromtimestamp(uploads.expires(upload), UTC)),
        "urls": {"get": f"{address}/v1/files/{upload.id}"},
    }


def version_fields(entry: Entry) -> dict[str, Any]:
    """A version of a model."""
    return {
        "id": entry.version,
        "created_at": iso(_RELEASED),
        "cog_version": "0.9.5",
        "openapi_schema": input_schema(entry),
    }


def model_fields(entry: Entry) -> dict[str, Any]:
    """A model."""
    owner, _, name = entry.model.partition("/")
    return {
        "url": f"https://replicate.com/{entry.model}",
        "owner": owner,
        "name": name,
        "description": entry.title,
        "visibility": "public",
        "is_official": False,
        "github_url": None,
        "paper_url": None,
        "license_url": None,
        "run_count": 1,
        "cover_image_url": None,
        "default_example": None,
        "latest_version": version_fields(entry),
    }


def page(results: list[str], *, next_address: str | None) -> bytes:
    """A page of a list, from entries that are JSON text already."""
    return f'{{"previous": null, "next": {json.dumps(next_address)}, "results": [{", ".join(results)}]}}'.encode()


def iso(moment: datetime) -> str:
    """A moment as the API writes it."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def address_of(headers: Mapping[str, str]) -> str:
    """The API's own address, as the client knows it."""
    return f"http://{headers.get('host', '127.0.0.1')}"


def _error(prediction: Prediction, stands: Course) -> str | None:
    if stands.status == "failed":
        return _ERRORS.get(prediction.fate.fault, FAILED)
    return "Prediction was aborted: no worker was free" if stands.status == "aborted" else None


def _logs(prediction: Prediction, stands: Course, age_s: float) -> str:
    if stands.started_s is None:
        return ""
    ran_s = stands.predict_s if stands.over else age_s - stands.started_s
    share = min(1.0, ran_s / prediction.fate.predict_s) if prediction.fate.predict_s else 1.0
    done = int(share * _STEPS)
    lines = [f"{100 * step // _STEPS:3d}%|{'#' * (step // 5):10s}| {step}/{_STEPS}" for step in range(0, done + 1, 5)]
    if stands.over and prediction.fate.fault == "nsfw":
        lines.append("NSFW content detected in image 0")
    return "\n".join(lines)
