"""A CLIP model on disk says how well frames fit a prompt; without one, or with a broken one, there is a reason."""

import importlib.util
import math
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from clip_folders import COLOURS, clip_folder
from PIL import Image

from vgkit.errors import NotMeasured
from vgkit.media.frames import Frame
from vgkit.quality.clip_model import Look, clip_files, load
from vgkit.quality.clip_score import clip_score
from vgkit.quality.measure import Scored, score
from vgkit.quality.view import Subject

RED, GREEN, BLACK = (255, 0, 0), (0, 255, 0), (0, 0, 0)


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that holds a whole model, and is named."""
    monkeypatch.setenv("VGKIT_CLIP", str(tmp_path / "clip"))
    return clip_folder(tmp_path / "clip")


def frames(*colours: tuple[int, int, int]) -> list[Frame]:
    return [np.full((36, 64, 3), colour, np.uint8) for colour in colours]


def scored(shots: list[Frame], prompt: str) -> Scored:
    (found,) = score(shots, Subject((64, 36), Fraction(8), len(shots), prompt=prompt), [clip_score()])
    return found


@pytest.mark.parametrize(
    ("prompt", "value"),
    [("red", 100), ("red green", 100 / math.sqrt(2)), ("red green blue", 100 / math.sqrt(3)), ("green", 0)],
)
def test_the_score_is_a_hundred_times_the_cosine_of_frames_and_prompt(model: Path, prompt: str, value: float) -> None:
    assert scored(frames(RED, RED), prompt).value == pytest.approx(value)


def test_what_points_the_other_way_is_nothing_and_not_less(model: Path) -> None:
    clip_folder(model, colours=-COLOURS)
    assert scored(frames(RED), "red").value == 0


def test_the_prompt_that_fits_better_scores_higher(model: Path) -> None:
    dusk = frames((200, 60, 40), (190, 70, 40))
    fits, less = scored(dusk, "red").value, scored(dusk, "blue").value
    assert fits is not None
    assert less is not None
    assert fits > less > 0


def test_four_frames_spread_evenly_are_looked_at(model: Path) -> None:
    """Of 24 frames the 4th, 10th, 16th and 22nd: only there this clip is red."""
    shots = frames(*(RED if number in (3, 9, 15, 21) else GREEN for number in range(24)))
    assert scored(shots, "red").value == pytest.approx(100)
    assert scored(frames(RED, RED, RED, GREEN), "red").value == pytest.approx(75)
    assert scored(frames(RED), "red").value == pytest.approx(100)


def test_a_model_reads_the_first_77_words(model: Path) -> None:
    assert scored(frames(RED), "red " * 77 + "green " * 900).value == pytest.approx(100)


@pytest.mark.parametrize("size", [(36, 64), (64, 36), (50, 50), (41, 77), (7, 500)])
def test_a_frame_is_seen_as_if_all_of_it_were_scaled_and_the_middle_kept(size: tuple[int, int]) -> None:
    look = Look.of({"size": 32, "crop_size": 24, "image_mean": [0.5, 0.4, 0.3], "image_std": [0.2, 0.3, 0.4]})
    frame = np.random.default_rng(3).integers(0, 256, (*size, 3)).astype(np.uint8)
    across, down = 32 * size[1] // min(size), 32 * size[0] // min(size)
    left, top = (across - 24) // 2, (down - 24) // 2
    whole = Image.fromarray(frame).resize((across, down), Image.Resampling.BICUBIC)
    kept = np.asarray(whole.crop((left, top, left + 24, top + 24)), float) / 255
    seen = look.seen(frame)
    assert seen.shape == (1, 3, 24, 24)
    assert np.abs(seen[0].transpose(1, 2, 0) * (0.2, 0.3, 0.4) + (0.5, 0.4, 0.3) - kept).max() < 1.6 / 255


@pytest.mark.parametrize("size", [(1, 1), (1, 20_000), (20_000, 1)])
def test_the_smallest_and_the_longest_pictures_are_seen(size: tuple[int, int]) -> None:
    look = Look.of({"size": 224, "crop_size": 224, "image_mean": [0, 0, 0], "image_std": [1, 1, 1]})
    assert look.seen(np.full((*size, 3), 255, np.uint8)).min() == pytest.approx(1)


def test_nets_at_the_top_of_the_folder_are_the_same_model(model: Path, tmp_path: Path) -> None:
    nested = clip_files().digest
    for net in (model / "onnx").iterdir():
        net.rename(model / net.name)
    assert clip_files().digest == nested
    assert scored(frames(RED), "red").value == pytest.approx(100)


def test_numbers_of_two_models_are_of_two_versions(model: Path) -> None:
    first = scored(frames(RED), "red").measure.version
    assert scored(frames(GREEN), "blue").measure.version == first
    clip_folder(model, image_std=[2, 1, 1])
    settings = scored(frames(RED), "red").measure.version
    (model / "onnx" / "vision_model.onnx_data").write_bytes(b"weights")
    weights = scored(frames(RED), "red").measure.version
    assert len({first, settings, weights}) == 3
    assert all(version.startswith("1-") for version in (first, settings, weights))


def test_a_model_is_loaded_once_for_all_clips(model: Path) -> None:
    assert load(clip_files()) is load(clip_files())


def test_without_a_model_the_reason_says_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VGKIT_CLIP", raising=False)
    found = scored(frames(RED), "red")
    assert (found.value, found.measure.version) == (None, "1")
    assert found.reason == "no model; set VGKIT_CLIP to a folder of CLIP in ONNX"


def test_without_the_extra_the_reason_says_how_to_get_it(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "tokenizers" else there(name))
    assert scored(frames(RED), "red").reason == (
        "it needs tokenizers, not installed here. Run pip install 'vgkit[learned]'"
    )


@pytest.mark.parametrize("prompt", ["", "  \n"])
def test_without_a_prompt_there_is_nothing_to_hold_a_clip_against(model: Path, prompt: str) -> None:
    assert scored(frames(RED), prompt).reason == "no prompt was given"


def test_no_frames_are_a_reason(model: Path) -> None:
    assert scored([], "red").reason == "there are no frames"


def test_what_a_folder_lacks_is_named(model: Path) -> None:
    (model / "onnx" / "text_model.onnx").unlink()
    (model / "tokenizer.json").unlink()
    assert scored(frames(RED), "red").reason == (
        f"{model} lacks text_model.onnx, tokenizer.json. Set VGKIT_CLIP to CLIP as published in ONNX"
    )


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("onnx/vision_model.onnx", b"", "vision_model.onnx failed: "),
        ("onnx/text_model.onnx", b"version https://git-lfs.github.com/spec/v1\n", "text_model.onnx failed: "),
        ("tokenizer.json", b"{}", "tokenizer.json failed: "),
        ("preprocessor_config.json", b"[", "preprocessor_config.json failed: JSONDecodeError"),
        ("preprocessor_config.json", b"[]", "preprocessor_config.json failed: TypeError"),
        ("preprocessor_config.json", b'{"size": 32}', "preprocessor_config.json failed: KeyError: 'crop_size'"),
    ],
)
def test_a_broken_file_is_named(model: Path, name: str, content: bytes, message: str) -> None:
    (model / name).write_bytes(content)
    reason = scored(frames(RED), "red").reason
    assert message in reason
    assert reason.endswith("Set VGKIT_CLIP to CLIP as published in ONNX")
    assert "\n" not in reason


@pytest.mark.parametrize(
    "settings",
    [
        {"crop_size": 33},
        {"crop_size": 0},
        {"image_std": [1, 0, 1]},
        {"image_mean": [0, 0]},
        {"size": {"height": 32, "width": 32}},
        {"size": "large"},
    ],
)
def test_settings_that_cant_be_right_are_refused(model: Path, settings: dict[str, object]) -> None:
    clip_folder(model, **settings)
    assert "preprocessor_config.json failed: " in scored(frames(RED), "red").reason


def test_a_net_that_gives_something_else_is_named(model: Path) -> None:
    clip_folder(model, output="features")
    reason = scored(frames(RED), "red").reason
    assert "vision_model.onnx failed: " in reason
    assert "image_embeds" in reason


def test_what_is_not_one_vector_is_named(model: Path) -> None:
    """Some exports give what each part of the picture holds, under the name of its vector."""
    clip_folder(model, keep=1)
    reason = scored(frames(RED), "red").reason
    assert "its image_embeds have the shape (1, 3, 1, 1) and are not one vector" in reason


def test_nets_of_two_models_are_told(model: Path) -> None:
    clip_folder(model, colours=np.ones((5, 4), np.float32))
    assert scored(frames(RED), "red").reason.startswith("the model's pictures have 3 numbers and its words 4")


def test_a_vector_without_a_direction_is_no_score(model: Path) -> None:
    assert "its image_embeds have a length of 0" in scored(frames(BLACK), "red").reason
    assert "its text_embeds have a length of 0" in scored(frames(RED), "dark").reason


def test_a_net_that_fails_costs_the_clip_only_its_own_number(model: Path) -> None:
    clip_folder(model, colours=np.ones((2, 3), np.float32))
    with pytest.raises(NotMeasured, match="text_model.onnx failed"):
        load(clip_files()).of_words("blue")
    assert scored(frames(RED), "red").value == pytest.approx(100 / math.sqrt(3))


def test_a_file_that_cant_be_read_is_a_reason(model: Path) -> None:
    net = model / "onnx" / "vision_model.onnx"
    net.chmod(0)
    try:
        net.open("rb").close()
    except PermissionError:
        assert "can't be read" in scored(frames(RED), "red").reason
    else:
        pytest.skip("this user may read every file")


@pytest.mark.parametrize("named", ["x" * 5000, "~nobody-of-this-name/clip"])
def test_a_folder_that_cant_be_looked_into_is_a_reason(named: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VGKIT_CLIP", named)
    reason = scored(frames(RED), "red").reason
    assert reason.startswith(f"VGKIT_CLIP={named} can't be read (")


def test_the_measures_load_no_runtime() -> None:
    code = "import sys, vgkit.quality.registry; print({'onnxruntime', 'tokenizers'} & {*sys.modules})"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "set()"
