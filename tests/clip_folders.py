"""Models as CLIP is published in ONNX, so small that their vectors are known: of a picture its mean red, green and
blue, of words the mean of their colours."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

onnx, tokenizers, _ = (
    pytest.importorskip(name, reason=f"{name} is not installed; it comes with the extra dev")
    for name in ("onnx", "tokenizers", "onnxruntime")
)

WORDS = {"[UNK]": 0, "red": 1, "green": 2, "blue": 3, "dark": 4}
COLOURS = np.array([[1, 1, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0]], np.float32)
SETTINGS: dict[str, Any] = {
    "size": {"shortest_edge": 32},
    "crop_size": {"height": 32, "width": 32},
    "image_mean": [0, 0, 0],
    "image_std": [1, 1, 1],
}


def clip_folder(
    folder: Path, *, colours: np.ndarray = COLOURS, output: str = "image_embeds", keep: int = 0, **settings: Any
) -> Path:
    """Write a model, plain but for what is given; ``keep`` 1 leaves a picture's vector its height and width."""
    (folder / "onnx").mkdir(parents=True, exist_ok=True)
    onnx.save(vision_net(output, keep), folder / "onnx" / "vision_model.onnx")
    onnx.save(text_net(colours), folder / "onnx" / "text_model.onnx")
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel(WORDS, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "preprocessor_config.json").write_text(json.dumps(SETTINGS | settings))
    return folder


def vision_net(output: str, keep: int) -> Any:
    """The mean of each channel."""
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    mean = helper.make_node("ReduceMean", ["pixel_values"], [output], axes=[2, 3], keepdims=keep)
    pictures = helper.make_tensor_value_info("pixel_values", kind, ["n", 3, "h", "w"])
    return _net([mean], [pictures], helper.make_tensor_value_info(output, kind, ["n", 3, 1, 1] if keep else ["n", 3]))


def text_net(colours: np.ndarray) -> Any:
    """The mean of the words' rows in a table."""
    helper, kinds = onnx.helper, onnx.TensorProto
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["rows"]),
        helper.make_node("ReduceMean", ["rows"], ["text_embeds"], axes=[1], keepdims=0),
    ]
    ids = helper.make_tensor_value_info("input_ids", kinds.INT64, ["n", "words"])
    embeds = helper.make_tensor_value_info("text_embeds", kinds.FLOAT, ["n", colours.shape[1]])
    return _net(nodes, [ids], embeds, [onnx.numpy_helper.from_array(colours, "table")])


def _net(nodes: list[Any], inputs: list[Any], output: Any, tables: list[Any] | None = None) -> Any:
    helper = onnx.helper
    graph = helper.make_graph(nodes, "tiny", inputs, [output], initializer=tables or [])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
