"""What the rehearsed planner's models charge for tokens, by the catalog's own table."""

from collections.abc import Mapping
from decimal import ROUND_UP, Decimal

from vgkit.engines.catalog import ChatModel, catalog

_MICRODOLLAR = Decimal("0.000001")
_MILLION = 1_000_000


def chat_models() -> Mapping[str, ChatModel]:
    """The models on offer, by name."""
    return {name: each for entry in catalog().values() if entry.host == "openai" for name, each in entry.models.items()}


def tokens_usd(model: ChatModel, *, prompt: int, completion: int) -> Decimal:
    """The cost of an answer, rounded up to six places as the catalog's readers do."""
    cost = (prompt * model.input_usd + completion * model.output_usd) / _MILLION
    return cost.quantize(_MICRODOLLAR, rounding=ROUND_UP)
