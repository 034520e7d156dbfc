"""Replicate's HTTP API as its clients meet it, surprises included.

There is no idempotency: whoever creates twice has two predictions, and two are billed. That is the point."""

import hashlib
import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from vgkit.engines.catalog import Entry
from vgkit.rehearsal.book import Book, Prediction
from vgkit.rehearsal.fates import Fate, draw_fate
from vgkit.rehearsal.faults import Dice, Site
from vgkit.rehearsal.limits import Limits
from vgkit.rehearsal.listening import Reply, Request, encoded_reply, json_reply, problem
from vgkit.rehearsal.outputs import Outputs
from vgkit.rehearsal.refusals import (
    THROTTLED_S,
    cancel_after_s,
    not_found,
    ordered,
    prefer_s,
    refusal,
    unauthenticated,
    window,
)
from vgkit.rehearsal.replies import address_of, model_fields, page, prediction_json, upload_fields, version_fields
from vgkit.rehearsal.uploads import LARGEST_BYTES, Uploads, parts_of
from vgkit.rehearsal.wares import leg_of, model_of, shelf, tariff_of

PAGE = 100
_POLL_DELAY_S = 10.0
_HARDWARE = (
    *(("CPU", "cpu"), ("Nvidia T4 GPU", "gpu-t4"), ("Nvidia L40S GPU", "gpu-l40s")),
    *(("Nvidia A100 (80GB) GPU", "gpu-a100-large"), ("Nvidia H100 GPU", "gpu-h100")),
)


@dataclass(frozen=True)
class ReplicateApi:
    """Answers requests of one account, whose key is ``token``."""

    book: Book
    uploads: Uploads
    outputs: Outputs
    dice: Dice
    limits: Limits
    token: str
    speed: float
    seed: int

    def answer(self, request: Request) -> Reply:
        """Answer one request."""
        if request.headers.get("authorization", "") not in (f"Bearer {self.token}", f"Token {self.token}"):
            return unauthenticated()
        for method, pattern, site, verb in _ROUTES:
            found = re.fullmatch(pattern, request.path)
            if found and request.method == method:
                return self._befallen(site, lambda: verb(self, request, *found.groups()))  # noqa: B023 (used at once)
        return problem(404, "The requested resource could not be found.", title="Not Found")

    def _befallen(self, site: Site, answered: Callable[[], Reply]) -> Reply:
        fault = self.dice.strike(site)
        if fault == "reply_lost":
            reply = answered()
            return replace(reply, broken="reset") if reply.status < 400 else reply
        if fault == "slow_poll":
            time.sleep(_POLL_DELAY_S / self.speed)
        if fault == "throttled":
            self.limits.throttle(THROTTLED_S)
        if fault == "low_credit":
            self.limits.lower()
        refused = refusal(fault)
        remaining = str(self.limits.remaining if site == "create" else 2999)
        reply = refused or answered()
        return replace(reply, headers={**reply.headers, "ratelimit-remaining": remaining, "ratelimit-reset": "1"})

    def create(self, request: Request) -> Reply:
        """POST /v1/predictions."""
        throttled = self.limits.refusal()
        if throttled:
            return throttled
        try:
            body = request.json()
            deadline_s = cancel_after_s(request.headers.get("cancel-after", ""))
            hold_s = prefer_s(request.headers.get("prefer", ""))
        except ValueError as error:
            return problem(400, str(error), title="Bad Request")
        entry, refused = ordered(body)
        if entry is None:
            return refused
        made = self._enter(entry, body["input"], deadline_s)
        self.outputs.begin(made)
        applied = {"Preference-Applied": request.headers["prefer"]} if hold_s else {}
        self._hold(made, hold_s)
        told = self._tell(made, request, now=time.time() if hold_s else made.created)
        return replace(told, status=201, headers={**told.headers, **applied})

    def look(self, request: Request, prediction: str) -> Reply:
        """GET /v1/predictions/{id}."""
        known = self.book.find(prediction)
        return self._tell(known, request) if known else not_found("prediction")

    def cancel(self, request: Request, prediction: str) -> Reply:
        """POST /v1/predictions/{id}/cancel."""
        known = self.book.cancel(prediction, now=time.time())
        return self._tell(known, request) if known else not_found("prediction")

    def list(self, request: Request) -> Reply:
        """GET /v1/predictions, newest first, a hundred a page."""
        try:
            after, before, cursor = window(request.query)
        except ValueError as error:
            return problem(400, str(error), title="Bad Request")
        known = [
            each
            for each in self.book.newest_first()
            if after <= each.created < before and (cursor is None or each.number < cursor)
        ]
        shown, address = known[:PAGE], address_of(request.headers)
        more = f"{address}/v1/predictions?cursor={shown[-1].number}" if len(known) > PAGE else None
        results, now = [], time.time()
        for each in shown:
            told = self._json(each, request, now=now)
            results += [told, told] if each.fate.fault == "duplicate" and each.at(now).over else [told]
        return encoded_reply(page(results, next_address=more))

    def upload(self, request: Request) -> Reply:
        """POST /v1/files."""
        fields = {
            str(head.get_param("name", "", "content-disposition")): (head, body) for head, body in parts_of(request)
        }
        if "content" not in fields:
            return problem(400, "Missing content", title="Bad Request")
        head, content = fields["content"]
        if len(content) > LARGEST_BYTES:
            return problem(413, "Files must be less than 100MB in size")
        metadata = json.loads(fields["metadata"][1]) if "metadata" in fields else {}
        name, kind = head.get_filename("file"), head.get_content_type()
        made = self.uploads.add(name=name, content_type=kind, content=content, metadata=metadata)
        return json_reply(upload_fields(made, self.uploads, address=address_of(request.headers)), 201)

    def uploaded(self, request: Request) -> Reply:
        """GET /v1/files."""
        address = address_of(request.headers)
        results = [json.dumps(upload_fields(each, self.uploads, address=address)) for each in self.uploads.all()]
        return encoded_reply(page(results, next_address=None))

    def file(self, request: Request, upload: str) -> Reply:
        """GET and DELETE /v1/files/{id}."""
        known = self.uploads.find(upload)
        if known is None:
            return not_found("file")
        if request.method == "DELETE":
            self.uploads.remove(known)
            return Reply(204)
        return json_reply(upload_fields(known, self.uploads, address=address_of(request.headers)))

    def model(self, _request: Request, name: str) -> Reply:
        """GET /v1/models/{owner}/{name}."""
        entry = model_of(name)
        return json_reply(model_fields(entry)) if entry else not_found("model")

    def versions(self, _request: Request, name: str) -> Reply:
        """GET /v1/models/{owner}/{name}/versions."""
        entry = model_of(name)
        if entry is None:
            return not_found("model")
        return encoded_reply(page([json.dumps(version_fields(entry))], next_address=None))

    def version(self, _request: Request, name: str, version: str) -> Reply:
        """GET /v1/models/{owner}/{name}/versions/{id}."""
        entry = shelf().get(version)
        if entry is None or entry.model != name:
            return not_found("version")
        return json_reply(version_fields(entry))

    def account(self, _request: Request) -> Reply:
        """GET /v1/account."""
        return json_reply(
            {"type": "user", "username": "rehearsal", "name": "Rehearsal", "github_url": "https://github.com"}
        )

    def hardware(self, _request: Request) -> Reply:
        """GET /v1/hardware."""
        return json_reply([{"name": name, "sku": sku} for name, sku in _HARDWARE])

    def _enter(self, entry: Entry, sent: Mapping[str, Any], deadline_s: float | None) -> Prediction:
        digest, files, lost = self._resolved(entry, sent)
        barred = frozenset() if entry.role == "picture" else frozenset({"nsfw"})

        def make(id: str, number: int, nth: int, first: bool) -> Prediction:
            fault = self.dice.fate(f"{digest}/{nth}", barred=barred)
            fate = draw_fate(leg_of(entry, sent), key=f"{self.seed}/{digest}/{nth}", cold=first, fault=fault)
            if lost:
                fate = Fate(fate.boot_s, 0.0, "failed", "input_gone")
            return Prediction(
                id=id,
                number=number,
                model=entry.model,
                version=entry.version,
                input_json=json.dumps(sent, ensure_ascii=False),
                digest=digest,
                created=round(time.time(), 6),  # as precisely as it is told
                speed=self.speed,
                fate=fate,
                tariff=tariff_of(entry),
                deadline_s=deadline_s,
                files=files,
            )

        return self.book.create(make, digest=digest, version=entry.version)

    def _resolved(self, entry: Entry, sent: Mapping[str, Any]) -> tuple[str, dict[str, str], bool]:
        """Digest an input with its files' bytes in place of their addresses; where those lie; whether one is lost."""
        files, plain, lost = {}, dict(sent), False
        for name, value in sent.items():
            if entry.parameters[name].type == "uri":
                path = self.uploads.resolve(value)
                lost = lost or path is None
                if path is not None:
                    files[name] = str(path)
                    plain[name] = hashlib.sha256(path.read_bytes()).hexdigest()
        text = json.dumps([entry.version, plain], sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest(), files, lost

    def _hold(self, prediction: Prediction, seconds: float) -> None:
        until = time.time() + seconds / self.speed
        while time.time() < until and not prediction.at(time.time()).over:
            time.sleep(0.01)

    def _tell(self, prediction: Prediction, request: Request, *, now: float | None = None) -> Reply:
        return encoded_reply(self._json(prediction, request, now=now or time.time()).encode())

    def _json(self, prediction: Prediction, request: Request, *, now: float) -> str:
        output, removed = self.outputs.told(prediction, now)
        age_s = (now - prediction.created) * prediction.speed
        address = address_of(request.headers)
        return prediction_json(
            prediction, prediction.at(now), output=output, removed=removed, address=address, age_s=age_s
        )


Verb = Callable[..., Reply]
_ID = r"([A-Za-z0-9_-]+)"
_MODEL = r"([\w.-]+/[\w.-]+)"
_ROUTES: tuple[tuple[str, str, Site, Verb], ...] = (
    ("POST", r"/v1/predictions", "create", ReplicateApi.create),
    ("GET", r"/v1/predictions", "list", ReplicateApi.list),
    ("GET", rf"/v1/predictions/{_ID}", "look", ReplicateApi.look),
    ("POST", rf"/v1/predictions/{_ID}/cancel", "cancel", ReplicateApi.cancel),
    ("POST", r"/v1/files", "files", ReplicateApi.upload),
    ("GET", r"/v1/files", "files", ReplicateApi.uploaded),
    ("GET", rf"/v1/files/{_ID}", "files", ReplicateApi.file),
    ("DELETE", rf"/v1/files/{_ID}", "files", ReplicateApi.file),
    ("GET", rf"/v1/models/{_MODEL}", "models", ReplicateApi.model),
    ("GET", rf"/v1/models/{_MODEL}/versions", "models", ReplicateApi.versions),
    ("GET", rf"/v1/models/{_MODEL}/versions/{_ID}", "models", ReplicateApi.version),
    ("GET", r"/v1/account", "models", ReplicateApi.account),
    ("GET", r"/v1/hardware", "models", ReplicateApi.hardware),
)
