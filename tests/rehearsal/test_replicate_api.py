"""The wire of the first host: the real client against the real thing's surprises, over real HTTP."""

import base64
import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from replicate import Client
from replicate.exceptions import ReplicateError
from replicate.prediction import Prediction

from vgkit.media.frames import read_clip, read_picture
from vgkit.media.probe import probe
from vgkit.rehearsal.faults import Odds
from vgkit.rehearsal.server import Servers, rehearsing
from vgkit.rehearsal.wares import model_of, shelf

SDXL = "stability-ai/sdxl"
CONTROLNET = "lucataco/sdxl-controlnet"
ZEROSCOPE = "anotherjesse/zeroscope-v2-xl"
FAST = 5000.0


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[Servers]:
    with rehearsing(tmp_path / "hosts", speed=FAST, keep_s=1e6) as started:
        yield started


def version_of(model: str) -> str:
    entry = model_of(model)
    assert entry is not None
    return entry.version


def client(servers: Servers, **headers: str) -> Client:
    return Client(api_token=servers.environment["REPLICATE_API_TOKEN"], base_url=servers.replicate_url, headers=headers)


def raw(servers: Servers) -> httpx.Client:
    token = servers.environment["REPLICATE_API_TOKEN"]
    return httpx.Client(base_url=servers.replicate_url, headers={"Authorization": f"Bearer {token}"})


def create(servers: Servers, model: str = SDXL, /, **input: Any) -> Prediction:
    usual = {"prompt": "a cup", "seed": 1} | ({"width": 64, "height": 64} if model == SDXL else {})
    return client(servers).predictions.create(version=version_of(model), input=usual | input)


def over(servers: Servers, prediction: str) -> Mapping[str, Any]:
    """The raw reply once nothing changes any more."""
    with raw(servers) as asking:
        for _ in range(400):
            told: dict[str, Any] = asking.get(f"/v1/predictions/{prediction}").json()
            if told["status"] not in ("starting", "processing"):
                return told
            time.sleep(0.01)
    raise AssertionError(f"{prediction} does not end")


def ordered(servers: Servers, model: str = SDXL, /, **input: Any) -> Mapping[str, Any]:
    return over(servers, create(servers, model, **input).id)


def test_a_picture_is_created_followed_and_fetched_by_the_real_client(servers: Servers, tmp_path: Path) -> None:
    made = create(servers, prompt="a bottle in a kitchen")
    assert made.status == "starting"
    assert made.output is None
    told = over(servers, made.id)
    assert told["status"] == "succeeded"
    assert told["metrics"]["predict_time"] > 1, "seconds are told as the world's, whatever the speed"
    out = tmp_path / "out.png"
    out.write_bytes(httpx.get(told["output"][0]).content)
    assert read_picture(out).shape == (64, 64, 3)


def test_outputs_lie_at_another_address_than_the_api(servers: Servers) -> None:
    told = ordered(servers)
    assert not told["output"][0].startswith(servers.replicate_url)
    assert httpx.get(told["output"][0]).headers["content-type"] == "image/png"


def test_who_sends_a_key_to_the_address_of_outputs_is_noted(servers: Servers) -> None:
    address = ordered(servers)["output"][0]
    httpx.get(address)
    assert servers.breaches == []
    httpx.get(address, headers={"Authorization": "Bearer x"})
    assert len(servers.breaches) == 1


def test_statuses_go_from_starting_over_processing_with_growing_logs(tmp_path: Path) -> None:
    with rehearsing(tmp_path, speed=20.0) as servers, raw(servers) as asking:
        made = create(servers)
        seen: dict[str, list[int]] = {}
        while "succeeded" not in seen:
            told = asking.get(f"/v1/predictions/{made.id}").json()
            seen.setdefault(told["status"], []).append(len(told["logs"]))
            time.sleep(0.002)
    assert list(seen) == ["starting", "processing", "succeeded"]
    assert seen["processing"] == sorted(seen["processing"])
    assert seen["processing"][0] < seen["processing"][-1]


def test_a_chain_of_two_passes_gives_each_its_own_size(servers: Servers, tmp_path: Path) -> None:
    shape = {"num_frames": 8, "fps": 8}
    draft = ordered(servers, ZEROSCOPE, model="576w", width=320, height=256, **shape)
    clip = tmp_path / "draft.mp4"
    clip.write_bytes(httpx.get(draft["output"][0]).content)
    sent = client(servers).files.create(clip)
    large = ordered(servers, ZEROSCOPE, model="xl", width=512, height=288, init_video=sent.urls["get"], **shape)
    clip.write_bytes(httpx.get(large["output"][0]).content)
    seen = probe(clip)
    assert (seen.width, seen.height, seen.frames, seen.fps) == (512, 288, 8, 8)
    seconds = [charge.seconds for charge in servers.bill()]
    assert seconds[1] > 1.5 * seconds[0], "the second pass is known by its parameters, and takes longer"


def test_an_attached_still_is_the_one_that_moves(servers: Servers, tmp_path: Path) -> None:
    from PIL import Image

    still = tmp_path / "red.png"
    Image.new("RGB", (64, 36), (220, 30, 30)).save(still)
    address = "data:image/png;base64," + base64.b64encode(still.read_bytes()).decode()
    told = ordered(servers, ZEROSCOPE, model="576w", width=320, height=256, num_frames=4, fps=8, init_video=address)
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(httpx.get(told["output"][0]).content)
    assert abs(read_clip(clip).mean(axis=(0, 1, 2)) - (220, 30, 30)).max() < 12


def test_nothing_is_idempotent(servers: Servers) -> None:
    assert create(servers).id != create(servers).id


def test_a_prediction_can_be_canceled_and_is_billed_for_what_ran(tmp_path: Path) -> None:
    with rehearsing(tmp_path, speed=1.0) as servers:
        made = create(servers)
        canceled = client(servers).predictions.cancel(made.id)
        assert canceled.status == "canceled"
        assert [(charge.prediction, charge.seconds) for charge in servers.bill()] == [(made.id, 0.0)]


def test_a_deadline_before_the_start_ends_as_aborted_and_costs_nothing(servers: Servers) -> None:
    asking = client(servers, **{"Cancel-After": "5s"})
    made = asking.predictions.create(version=version_of(SDXL), input={"prompt": "a cup"})
    told = over(servers, made.id)
    assert told["status"] == "aborted"
    assert "predict_time" not in told["metrics"]
    assert told["deadline"] > told["created_at"]
    assert servers.bill()[0].usd == 0


@pytest.mark.parametrize("header", ["4s", "0", "soon", "1d"])
def test_a_deadline_that_is_none_is_refused(servers: Servers, header: str) -> None:
    asking = client(servers, **{"Cancel-After": header})
    with pytest.raises(ReplicateError, match="at least 5 seconds"):
        asking.predictions.create(version=version_of(SDXL), input={"prompt": "a cup"})


def test_prefer_holds_the_create_until_it_is_over(servers: Servers) -> None:
    with raw(servers) as asking:
        body = {"version": version_of(SDXL), "input": {"prompt": "a cup", "width": 64, "height": 64}}
        told = asking.post("/v1/predictions", json=body, headers={"Prefer": "wait=60"})
    assert told.headers["preference-applied"] == "wait=60"
    assert told.status_code == 201


def test_the_list_has_pages_and_tells_the_newest_first(servers: Servers) -> None:
    with raw(servers) as asking:
        body = {"version": version_of(SDXL), "input": {"prompt": "a cup", "width": 64, "height": 64}}
        ids = [asking.post("/v1/predictions", json=body).json()["id"] for _ in range(105)]
        first = asking.get("/v1/predictions").json()
        second = asking.get(first["next"]).json()
    told = [each["id"] for each in first["results"] + second["results"]]
    assert told == list(reversed(ids))
    assert len(first["results"]) == 100
    assert second["next"] is None


def test_the_real_client_walks_the_list(servers: Servers) -> None:
    ids = [create(servers).id for _ in range(3)]
    assert [each.id for each in client(servers).predictions.list()] == ids[::-1]


def test_the_list_can_be_narrowed_to_a_time(servers: Servers) -> None:
    first, second = create(servers), create(servers)
    with raw(servers) as asking:
        told = asking.get("/v1/predictions", params={"created_after": second.created_at}).json()
        refused = asking.get("/v1/predictions", params={"created_after": "yesterday"})
    assert [each["id"] for each in told["results"]] == [second.id]
    assert refused.status_code == 400
    assert first.id != second.id


def test_input_comes_back_as_it_was_sent(servers: Servers) -> None:
    sent = {"prompt": "crème brûlée ☕ 咖啡", "seed": 3, "width": 64, "height": 64}
    made = client(servers).predictions.create(version=version_of(SDXL), input=sent)
    with raw(servers) as asking:
        assert asking.get("/v1/predictions").json()["results"][0]["input"] == sent
        assert asking.get(f"/v1/predictions/{made.id}").json()["input"] == sent


@pytest.mark.parametrize(
    ("input", "said"),
    [
        ({"prompt": 5}, "input.prompt: Invalid type. Expected: string, given: integer"),
        ({"prompt": "x", "num_inference_steps": 501}, "input.num_inference_steps: Must be less than or equal to 500"),
        ({"prompt": "x", "promt": "y"}, "input.promt: Additional property promt is not allowed"),
        (
            {"prompt": "x", "apply_watermark": 0},
            "input.apply_watermark: Invalid type. Expected: boolean, given: integer",
        ),
    ],
)
def test_parameters_are_checked(servers: Servers, input: dict[str, Any], said: str) -> None:
    with pytest.raises(ReplicateError) as refused:
        client(servers).predictions.create(version=version_of(SDXL), input=input)
    assert refused.value.status == 422
    assert said in str(refused.value.detail)
    assert servers.book.newest_first() == []


def test_choices_and_addresses_are_checked_too(servers: Servers) -> None:
    with pytest.raises(ReplicateError) as refused:
        create(servers, ZEROSCOPE, model="huge", init_video="clip.mp4")
    assert 'input.model: Must be one of the following: "xl", "576w"' in str(refused.value.detail)
    assert "input.init_video: Does not match format 'uri'" in str(refused.value.detail)


def test_an_unknown_version_is_refused(servers: Servers) -> None:
    with pytest.raises(ReplicateError, match="The specified version does not exist") as refused:
        client(servers).predictions.create(version="0" * 64, input={"prompt": "x"})
    assert refused.value.status == 422


def test_a_wrong_key_is_refused_as_a_problem(servers: Servers) -> None:
    told = httpx.get(f"{servers.replicate_url}/v1/account", headers={"Authorization": "Bearer r8_wrong"})
    assert told.status_code == 401
    assert told.headers["content-type"] == "application/problem+json"
    assert told.json()["title"] == "Unauthenticated"


def test_an_unknown_prediction_is_404(servers: Servers) -> None:
    with pytest.raises(ReplicateError) as refused:
        client(servers).predictions.get("nothere")
    assert refused.value.status == 404


def test_rate_limits_are_told_with_every_reply(servers: Servers) -> None:
    create(servers)
    with raw(servers) as asking:
        assert asking.get("/v1/predictions").headers["ratelimit-remaining"] == "2999"
        made = asking.post("/v1/predictions", json={"version": version_of(SDXL), "input": {"prompt": "x"}})
    assert (made.headers["ratelimit-remaining"], made.headers["ratelimit-reset"]) == ("599", "1")


def test_files_are_kept_told_listed_and_removed(servers: Servers, tmp_path: Path) -> None:
    path = tmp_path / "still.png"
    path.write_bytes(b"\x89PNG\r\n--not a boundary\r\n")
    files = client(servers).files
    sent = files.create(path)
    assert sent.size == len(path.read_bytes())
    assert sent.content_type == "image/png"
    assert [each.id for each in files.list()] == [sent.id]
    assert files.get(sent.id).checksums["sha256"] == sent.checksums["sha256"]
    assert files.delete(sent.id)
    with pytest.raises(ReplicateError):
        files.get(sent.id)


def test_an_input_file_that_is_gone_fails_the_prediction(servers: Servers) -> None:
    told = ordered(servers, ZEROSCOPE, init_video=f"{servers.replicate_url}/v1/files/nothere")
    assert (told["status"], told["error"]) == ("failed", "Could not download an input file: HTTP 404")


def test_an_hour_later_everything_is_removed(tmp_path: Path) -> None:
    with rehearsing(tmp_path, speed=FAST, keep_s=1.0) as servers:
        made = create(servers)
        address = over(servers, made.id)["output"]
        if address:
            httpx.get(address[0], timeout=60.0)  # comes when it is made, and from then on the hour counts
        time.sleep(0.01)
        told = over(servers, made.id)
        assert (told["output"], told["data_removed"], told["input"]) == (None, True, {})
        assert address is None or httpx.get(address[0]).status_code == 404


def test_what_is_still_being_painted_when_its_hour_is_over_can_be_had(tmp_path: Path) -> None:
    with rehearsing(tmp_path, speed=100_000.0, keep_s=0.0) as servers:
        told = ordered(servers, width=1024, height=1024)
        assert told["output"], "gone before it was made"
        assert httpx.get(told["output"][0], timeout=60.0).status_code == 200


def test_models_versions_account_and_hardware_are_told(servers: Servers) -> None:
    asking = client(servers)
    assert asking.models.get(SDXL).owner == "stability-ai"
    version = asking.models.get(SDXL).versions.get(version_of(SDXL))
    assert "prompt" in version.openapi_schema["components"]["schemas"]["Input"]["properties"]
    assert asking.accounts.current().username == "rehearsal"
    assert {each.sku for each in asking.hardware.list()} >= {"gpu-l40s", "gpu-a100-large"}
    assert asking.run(f"{SDXL}:{version_of(SDXL)}", input={"prompt": "x", "width": 64, "height": 64})


def test_the_bill_is_the_seconds_that_are_told_times_the_price(servers: Servers) -> None:
    told = ordered(servers)
    (charge,) = servers.bill()
    entry = shelf()[version_of(SDXL)]
    assert charge.seconds == told["metrics"]["predict_time"]
    assert float(charge.usd) == pytest.approx(charge.seconds * float(entry.price.usd), abs=1e-6)


def test_a_server_that_was_killed_is_found_again_with_all_it_knew(tmp_path: Path) -> None:
    with rehearsing(tmp_path, speed=FAST, keep_s=1e6) as before:
        made = create(before)
        told = over(before, made.id)
    with rehearsing(tmp_path, speed=FAST, keep_s=1e6) as after:
        assert after.environment == before.environment
        assert over(after, made.id) == told
        assert httpx.get(told["output"][0]).status_code == 200
        assert after.bill() == before.bill()


def test_the_same_seed_draws_the_same_fate(tmp_path: Path) -> None:
    def seconds(name: str, seed: int) -> float:
        with rehearsing(tmp_path / name, speed=FAST, seed=seed) as servers:
            return float(ordered(servers)["metrics"]["predict_time"])

    assert seconds("a", 1) == seconds("b", 1) != seconds("c", 2)


def test_keys_look_like_keys_and_lie_in_no_record(servers: Servers, tmp_path: Path) -> None:
    from vgkit.ledger.redaction import REDACTED, redact_text

    ordered(servers)
    for name in ("REPLICATE_API_TOKEN", "OPENAI_API_KEY"):
        assert redact_text(servers.environment[name]) == REDACTED
        for path in (tmp_path / "hosts").rglob("*.jsonl"):
            assert servers.environment[name] not in path.read_text()


def faulty(tmp_path: Path, speed: float = FAST, **odds: Odds) -> Any:
    return rehearsing(tmp_path / "hosts", speed=speed, faults=odds, keep_s=1e6)


@pytest.mark.parametrize(
    ("fault", "status"), [("unauthorized", 401), ("no_credit", 402), ("invalid", 422), ("error_500", 500)]
)
def test_a_refused_create_creates_nothing(tmp_path: Path, fault: str, status: int) -> None:
    with faulty(tmp_path, **{fault: Odds(1.0, times=1)}) as servers:
        with pytest.raises(ReplicateError) as refused:
            create(servers)
        assert refused.value.status == status
        assert servers.book.newest_first() == []
        assert servers.happened == [fault]
        create(servers)


@pytest.mark.parametrize(
    ("fault", "status", "kind"),
    [("error_502", 502, "text/html"), ("unavailable_503", 503, "application/problem+json")],
)
def test_the_gateway_answers_in_its_own_way(tmp_path: Path, fault: str, status: int, kind: str) -> None:
    with faulty(tmp_path, **{fault: Odds(1.0, times=1, on=("list",))}) as servers, raw(servers) as asking:
        told = asking.get("/v1/predictions")
        assert (told.status_code, told.headers["content-type"]) == (status, kind)
        assert asking.get("/v1/predictions").status_code == 200


def test_a_throttled_create_says_how_long_in_the_body_and_is_refused_until_then(tmp_path: Path) -> None:
    with faulty(tmp_path, speed=50.0, throttled=Odds(1.0, times=1)) as servers, raw(servers) as asking:
        body = {"version": version_of(SDXL), "input": {"prompt": "x", "width": 64, "height": 64}}
        told = [asking.post("/v1/predictions", json=body) for _ in range(2)]
        assert [each.status_code for each in told] == [429, 429]
        assert 1 <= told[0].json()["retry_after"] <= 5
        assert "retry-after" not in told[0].headers
        time.sleep(told[0].json()["retry_after"] / 50.0)
        assert asking.post("/v1/predictions", json=body).status_code == 201


def test_low_credit_lets_one_through_in_ten_seconds(tmp_path: Path) -> None:
    with faulty(tmp_path, speed=50.0, low_credit=Odds(1.0, times=1)) as servers, raw(servers) as asking:
        body = {"version": version_of(SDXL), "input": {"prompt": "x", "width": 64, "height": 64}}
        first = asking.post("/v1/predictions", json=body)
        assert "reduced to 6 requests per minute with a burst of 1" in first.json()["detail"]
        time.sleep(first.json()["retry_after"] / 50.0)
        second, third = (asking.post("/v1/predictions", json=body) for _ in range(2))
    assert (second.status_code, second.headers["ratelimit-remaining"]) == (201, "0")
    assert third.status_code == 429


def test_a_reset_breaks_the_connection_and_does_nothing(tmp_path: Path) -> None:
    with faulty(tmp_path, reset=Odds(1.0, times=1)) as servers:
        with pytest.raises(httpx.TransportError):
            create(servers)
        assert servers.book.newest_first() == []


def test_a_lost_reply_leaves_a_prediction_that_is_billed_and_listed(tmp_path: Path) -> None:
    with faulty(tmp_path, reply_lost=Odds(1.0, times=1)) as servers:
        with pytest.raises(httpx.TransportError):
            create(servers, prompt="lost")
        (lost,) = list(client(servers).predictions.list())
        assert lost.input["prompt"] == "lost"
        assert over(servers, lost.id)["status"] == "succeeded"
        assert len(servers.bill()) == 1


@pytest.mark.parametrize(
    ("fault", "status", "error", "billed"),
    [
        ("failed", "failed", "CUDA out of memory", True),
        ("nsfw", "failed", "NSFW content detected", True),
        ("canceled", "canceled", None, True),
        ("aborted", "aborted", "Prediction was aborted", False),
    ],
)
def test_a_prediction_may_end_otherwise(
    tmp_path: Path, fault: str, status: str, error: str | None, billed: bool
) -> None:
    with faulty(tmp_path, **{fault: Odds(1.0, times=1)}) as servers:
        told = ordered(servers)
        assert told["status"] == status
        assert told["output"] is None
        assert (told["error"] or "").startswith(error or "")
        assert (servers.bill()[0].usd > 0) is billed
        assert ordered(servers)["status"] == "succeeded", "the next one is another story"


def test_an_expired_output_is_gone_at_once(tmp_path: Path) -> None:
    with faulty(tmp_path, expired=Odds(1.0)) as servers:
        assert httpx.get(ordered(servers)["output"][0]).status_code == 404


def test_a_truncated_output_claims_to_be_whole(tmp_path: Path) -> None:
    with faulty(tmp_path, truncated=Odds(1.0, times=1)) as servers:
        cut, whole = (httpx.get(ordered(servers)["output"][0]) for _ in range(2))
        assert cut.status_code == 200
        assert len(cut.content) < len(whole.content)


def test_a_wrong_type_is_only_a_wrong_name(tmp_path: Path) -> None:
    with faulty(tmp_path, wrong_type=Odds(1.0)) as servers:
        told = httpx.get(ordered(servers)["output"][0])
        assert told.headers["content-type"] == "text/html"
        assert told.content.startswith(b"\x89PNG")


def test_success_may_come_with_an_empty_list(tmp_path: Path) -> None:
    with faulty(tmp_path, empty_list=Odds(1.0)) as servers:
        assert ordered(servers)["output"] == []


def test_an_output_may_be_a_data_address(tmp_path: Path) -> None:
    with faulty(tmp_path, data_output=Odds(1.0)) as servers:
        output = ordered(servers)["output"]
        assert output.startswith("data:image/png;base64,")
        assert base64.b64decode(output.partition(",")[2]).startswith(b"\x89PNG")


def test_a_completion_may_be_told_twice(tmp_path: Path) -> None:
    with faulty(tmp_path, duplicate=Odds(1.0)) as servers, raw(servers) as asking:
        made = create(servers)
        over(servers, made.id)
        assert [each["id"] for each in asking.get("/v1/predictions").json()["results"]] == [made.id, made.id]
        assert len(servers.bill()) == 1


def test_the_version_that_is_told_may_be_another(tmp_path: Path) -> None:
    with faulty(tmp_path, other_version=Odds(1.0)) as servers:
        assert create(servers).version != version_of(SDXL)


def test_a_download_may_end_half_way(tmp_path: Path) -> None:
    with faulty(tmp_path, reset=Odds(1.0, times=1, on=("output",))) as servers:
        address = ordered(servers)["output"][0]
        with pytest.raises(httpx.TransportError):
            httpx.get(address)
        assert httpx.get(address).status_code == 200


def test_a_list_of_two_hundred_large_inputs_is_told_by_pages(servers: Servers) -> None:
    picture = "data:image/png;base64," + base64.b64encode(b"x" * 150_000).decode()
    body = json.dumps({"version": version_of(CONTROLNET), "input": {"prompt": "x", "image": picture}}).encode()
    with raw(servers) as asking:
        asking.post("/v1/predictions", content=body)
        made = servers.book.newest_first()[0]
        for _ in range(199):
            servers.book.create(
                lambda id, number, nth, first: type(made)(**{**vars(made), "id": id, "number": number}),
                digest=made.digest,
                version=made.version,
            )
        page = asking.get("/v1/predictions").content
    assert page.count(b'"input"') == 100
