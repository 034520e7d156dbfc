"""Every reply of the first host against the company's own OpenAPI document."""

import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest
from builders import shared

from vgkit.rehearsal.faults import FAULTS, Odds
from vgkit.rehearsal.server import Servers, rehearsing
from vgkit.rehearsal.wares import model_of

MODEL = "stability-ai/sdxl"
INPUT = {"prompt": "a cup", "width": 64, "height": 64}
FATES = sorted(name for name, kind in FAULTS.items() if not kind.sites)


class Document:
    """The schemas of the API's replies, by path, method and status."""

    def __init__(self, path: Path) -> None:
        self.whole = json.loads(path.read_text())

    def check(self, reply: httpx.Response, path: str) -> None:
        method = reply.request.method.lower()
        answers = self.whole["paths"][path][method]["responses"]
        assert str(reply.status_code) in answers, f"{reply.status_code} is not in the document"
        content = answers[str(reply.status_code)].get("content", {})
        if not content:
            assert reply.content == b""
            return
        kind = reply.headers["content-type"]
        schema = _with_null({**content[kind]["schema"], "components": self.whole["components"]})
        checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
        jsonschema.Draft202012Validator(schema, format_checker=checker).validate(reply.json())


def _with_null(schema: Any) -> Any:
    """The document says ``nullable``, which is of OpenAPI 3.0, though it calls itself 3.1."""
    if isinstance(schema, list):
        return [_with_null(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {name: _with_null(each) for name, each in schema.items()}
    return {"anyOf": [plain, {"type": "null"}]} if plain.pop("nullable", False) is True else plain


@pytest.fixture(scope="module")
def document() -> Document:
    return Document(shared("replicate/openapi.json"))


def asking(servers: Servers) -> httpx.Client:
    token = servers.environment["REPLICATE_API_TOKEN"]
    return httpx.Client(base_url=f"{servers.replicate_url}/v1", headers={"Authorization": f"Bearer {token}"})


@pytest.fixture
def client(tmp_path: Path) -> Iterator[httpx.Client]:
    with rehearsing(tmp_path, speed=2000.0, keep_s=1e6) as servers, asking(servers) as client:
        yield client


def body(**more: Any) -> Mapping[str, Any]:
    entry = model_of(MODEL)
    assert entry is not None
    return {"version": entry.version, "input": INPUT, **more}


def followed(client: httpx.Client, document: Document, prediction: str) -> set[str]:
    """Ask until it is over, checking each reply; the statuses that were told."""
    seen: set[str] = set()
    while not seen & {"succeeded", "failed", "canceled", "aborted"}:
        told = client.get(f"/predictions/{prediction}")
        document.check(told, "/predictions/{prediction_id}")
        seen.add(told.json()["status"])
        time.sleep(0.002)
    return seen


def test_a_prediction_keeps_to_the_document_all_its_life(client: httpx.Client, document: Document) -> None:
    made = client.post("/predictions", json=body(), headers={"Cancel-After": "10m"})
    document.check(made, "/predictions")
    assert "succeeded" in followed(client, document, made.json()["id"])
    document.check(client.get("/predictions"), "/predictions")


@pytest.mark.parametrize("fault", FATES)
def test_it_does_so_whatever_becomes_of_it(tmp_path: Path, document: Document, fault: str) -> None:
    odds = {fault: Odds(1.0)}
    with rehearsing(tmp_path, speed=2000.0, faults=odds, keep_s=1e6) as servers, asking(servers) as client:
        made = client.post("/predictions", json=body())
        document.check(made, "/predictions")
        followed(client, document, made.json()["id"])
        document.check(client.get("/predictions"), "/predictions")
        assert servers.happened == [fault]


def test_a_removed_prediction_keeps_to_it_too(tmp_path: Path, document: Document) -> None:
    with rehearsing(tmp_path, speed=2000.0, keep_s=0.0) as servers, asking(servers) as client:
        made = client.post("/predictions", json=body()).json()["id"]
        followed(client, document, made)
        if output := client.get(f"/predictions/{made}").json()["output"]:
            httpx.get(output[0], timeout=60.0)  # comes when it is made, and is removed then
        assert client.get(f"/predictions/{made}").json()["data_removed"]
        document.check(client.get(f"/predictions/{made}"), "/predictions/{prediction_id}")


def test_canceling_keeps_to_it(client: httpx.Client, document: Document) -> None:
    made = client.post("/predictions", json=body()).json()["id"]
    document.check(client.post(f"/predictions/{made}/cancel"), "/predictions/{prediction_id}/cancel")


def test_files_keep_to_it(client: httpx.Client, document: Document) -> None:
    made = client.post("/files", files={"content": ("a.png", b"bytes", "image/png")}, data={"metadata": '{"shot": 1}'})
    document.check(made, "/files")
    assert made.json()["metadata"] == {"shot": 1}
    one = f"/files/{made.json()['id']}"
    document.check(client.get("/files"), "/files")
    document.check(client.get(one), "/files/{file_id}")
    document.check(client.delete(one), "/files/{file_id}")
    document.check(client.get(one), "/files/{file_id}")


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("/account", "/account"),
        ("/hardware", "/hardware"),
        (f"/models/{MODEL}", "/models/{model_owner}/{model_name}"),
        (f"/models/{MODEL}/versions", "/models/{model_owner}/{model_name}/versions"),
    ],
)
def test_what_stands_still_keeps_to_it(client: httpx.Client, document: Document, address: str, path: str) -> None:
    document.check(client.get(address), path)


def test_a_version_keeps_to_it(client: httpx.Client, document: Document) -> None:
    told = client.get(f"/models/{MODEL}/versions/{body()['version']}")
    document.check(told, "/models/{model_owner}/{model_name}/versions/{version_id}")
