"""What a model is given for a request, and what is never sent."""

from pathlib import Path
from typing import Any, get_args

import pytest
import wishes

from vgkit.brief import FILM_SIZES, Aspect
from vgkit.engines.base import Request, Words
from vgkit.engines.catalog import Entry, Parameter, catalog
from vgkit.engines.fingerprints import sent
from vgkit.engines.hosted import Attachment, Order
from vgkit.engines.slots import aspect_of
from vgkit.errors import OrderRejected
from vgkit.storyboard import ClipShape
from vgkit.template import Camera

WORDS: tuple[Words, ...] = get_args(Words)
MOTIONS = ("zoom_in", "zoom_out", "pan_left", "pan_right", "pan_up", "pan_down", "rolling_clockwise")
PLAYED = [entry for entry in catalog().values() if entry.role in ("picture", "video", "music")]


def order_of(name: str, request: Request, **changes: Any) -> Order:
    order = wishes.engine(name, **changes).next_order(request, [])
    assert order
    return order


def strengths(camera: Camera) -> dict[str, float]:
    params = order_of("animatediff-motion", wishes.clip(staging=wishes.staging(camera=camera))).params
    return {name: params[f"{name}_motion_strength"] for name in MOTIONS}


@pytest.mark.parametrize("camera", get_args(Camera))
def test_each_camera_pulls_in_one_or_two_ways_and_a_static_one_in_none(camera: Camera) -> None:
    pulling = [name for name, strength in strengths(camera).items() if strength]
    assert len(pulling) == {"static": 0, "orbit": 2}.get(camera, 1)
    assert all(0 <= strength <= 0.8 for strength in strengths(camera).values())


def test_a_tilt_is_what_the_model_calls_a_vertical_pan() -> None:
    assert strengths("tilt_up")["pan_up"] == strengths("push_in")["zoom_in"] == 0.7
    assert strengths("tilt_down")["pan_down"] == 0.7


def test_what_is_empty_or_absent_is_left_out() -> None:
    assert "negative_prompt" in order_of("animatediff", wishes.clip()).params
    params = order_of("animatediff", wishes.clip(negative="")).params
    assert "negative_prompt" not in params
    assert "image" not in params


def test_a_still_is_sent_as_it_is_to_a_model_that_takes_one() -> None:
    assert order_of("animatediff", wishes.clip(keyframe=Path("k00.png"))).params["image"] == Attachment(Path("k00.png"))


def test_a_model_is_told_where_words_will_stand() -> None:
    said = [order_of("sdxl", wishes.picture(staging=wishes.staging(words=words))).params["prompt"] for words in WORDS]
    assert said[0] == "a steel bottle"
    assert said[1] == "a steel bottle, subject right of centre, uncluttered at the lower left"
    assert said[2].endswith("the left half empty")


def test_words_that_look_like_a_slot_are_words() -> None:
    assert order_of("sdxl", wishes.picture(prompt="$seed")).params["prompt"] == "$seed"


@pytest.mark.parametrize(
    ("asked", "given"),
    [((1920, 1080), (1344, 768)), ((1080, 1920), (768, 1344)), ((512, 512), (1024, 1024)), ((800, 600), (1024, 1024))],
)
def test_a_picture_is_asked_for_in_the_models_own_size_of_the_nearest_aspect(
    asked: tuple[int, int], given: tuple[int, int]
) -> None:
    params = order_of("sdxl", wishes.picture(width_px=asked[0], height_px=asked[1])).params
    assert (params["width"], params["height"]) == given


@pytest.mark.parametrize("aspect", FILM_SIZES)
def test_a_films_own_size_has_its_aspect(aspect: Aspect) -> None:
    assert aspect_of(*FILM_SIZES[aspect]) == aspect


def test_music_is_asked_for_in_whole_seconds_that_are_enough() -> None:
    assert order_of("musicgen", wishes.music(duration_s=6.2)).params["duration"] == 7


def test_our_drawing_of_the_shot_is_known_by_all_that_it_shows_and_not_by_what_it_is_for() -> None:
    def mark(**fields: Any) -> Any:
        return sent(order_of("sdxl-controlnet", wishes.picture(**fields)))["image"]

    assert mark() == mark(subject="k07")
    other = [mark(seed=4), mark(at=0.5), mark(staging=wishes.staging(light="night"))]
    assert all(each != mark() for each in other)
    assert mark()["settings"]["request"]["width_px"] == 1344
    assert mark()["settings"]["sketch"]


@pytest.mark.parametrize(
    ("parameter", "value", "said"),
    [
        (Parameter(type="integer", minimum=1, maximum=32), 64, "steps would be 64, and the model takes 1 to 32"),
        (Parameter(type="integer", minimum=256), 64, "steps would be 64, and the model takes at least 256"),
        (Parameter(type="number", maximum=0.5), 0.7, "steps would be 0.7, and the model takes at most 0.5"),
        (Parameter(type="integer"), True, "steps would be True, and the model takes a value of type integer"),
        (Parameter(type="string"), 5, "steps would be 5, and the model takes a value of type string"),
        (
            Parameter(type="string", choices=("mp4", "gif")),
            "avi",
            "would be 'avi', and the model takes one of mp4, gif",
        ),
    ],
)
def test_what_a_model_would_not_accept_is_refused_before_it_is_sent(
    parameter: Parameter, value: Any, said: str
) -> None:
    entry = catalog()["animatediff@replicate"]
    call = entry.passes[0].model_copy(update={"input": {**entry.passes[0].input, "steps": value}})
    changes = {"passes": (call,), "parameters": {**entry.parameters, "steps": parameter}}
    with pytest.raises(OrderRejected) as refusal:
        order_of("animatediff", wishes.clip(), **changes)
    assert "animatediff@replicate: " in str(refusal.value)
    assert said in str(refusal.value)


@pytest.mark.parametrize("aspect", FILM_SIZES)
@pytest.mark.parametrize("entry", PLAYED, ids=[entry.name for entry in PLAYED])
def test_every_entry_accepts_what_it_is_given_in_every_aspect(entry: Entry, aspect: Aspect) -> None:
    width, height = FILM_SIZES[aspect]
    made = wishes.engine(entry.name)
    request: Request
    if entry.role == "picture":
        request = wishes.picture(width_px=width, height_px=height)
    elif entry.role == "video":
        shape: ClipShape = made.shape(aspect)
        request = wishes.clip(shape=shape, keyframe=Path("k00.png"), seed=2**31 - 1)
    else:
        request = wishes.music(duration_s=60.0)
    for order in made.forecast(request):
        assert "$" not in str(order.params)
        assert order.params["prompt"] == request.prompt
