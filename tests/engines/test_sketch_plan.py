"""A plan by rule takes the words that the storyboard has room for."""

import builders

from vgkit.engines.sketch.plan import plan_by_rule
from vgkit.template import Template


def with_captions(*captions: str) -> Template:
    fields = builders.template().model_dump()
    fields["beats"][0]["captions"] = captions
    return Template.model_validate(fields)


def test_a_caption_that_grew_too_long_gives_way_to_the_next() -> None:
    brief = builders.brief(tagline="T" * 80)
    long = "{tagline} and then some more words than any caption has room for"
    captions = [plan_by_rule(brief, with_captions(*given)).beats[0].caption for given in ((long, "{tagline}"), (long,))]
    assert captions == ["T" * 80, ""]
