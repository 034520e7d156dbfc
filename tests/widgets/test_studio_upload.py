"""The upload field, told what a browser tells it."""

import io
from pathlib import Path

from PIL import Image

from vgkit.widgets.upload import MOST_BYTES, Upload


class Browser:
    """Sends a file as ``upload.js`` does, one chunk for each time that it is asked for more."""

    def __init__(self, **traits: object) -> None:
        self.changes = 0
        self.heard: list[str] = []
        self.field = Upload(on_change=self._count, **traits)
        self.field.send = lambda content, buffers=None: self.heard.append(content["kind"])

    def _count(self) -> None:
        self.changes += 1

    def tell(self, kind: str, buffer: bytes | None = None, **fields: object) -> None:
        buffers = [] if buffer is None else [memoryview(buffer)]
        self.field._handle_custom_msg({"kind": kind, **fields}, buffers)

    def upload(self, name: str, content: bytes, *, chunk: int = 1_000_000) -> None:
        self.tell("begin", name=name, bytes=len(content))
        while self.heard and self.heard.pop() == "more":
            at = self.sent
            self.tell("chunk", content[at : at + chunk])
        if self.field.checker:
            self.field.checker.join()

    @property
    def sent(self) -> int:
        assert self.field._coming is not None
        return self.field._coming.stat().st_size


def picture(size: tuple[int, int] = (400, 300), kind: str = "PNG") -> bytes:
    with io.BytesIO() as file:
        Image.new("RGB", size, "#c33").save(file, format=kind)
        return file.getvalue()


def test_a_picture_comes_in_chunks_and_is_shown_small() -> None:
    browser = Browser()
    content = picture((900, 700))
    browser.upload("bottle.png", content, chunk=500)
    assert browser.field.path is not None
    assert browser.field.path.read_bytes() == content
    assert (browser.field.name, browser.field.complaint, browser.changes) == ("bottle.png", "", 1)
    assert browser.field.thumbnail.startswith("data:image/png;base64,")


def test_what_is_no_picture_is_complained_about_and_not_kept() -> None:
    browser = Browser()
    browser.upload("notes.png", b"these are notes")
    assert browser.field.complaint.startswith("notes.png is no picture that can be read here.")
    assert (browser.field.path, browser.field.name, browser.changes) == (None, "", 0)


def test_a_picture_stays_where_the_next_one_is_none() -> None:
    browser = Browser()
    browser.upload("bottle.png", picture())
    browser.upload("empty.png", b"x")
    assert browser.field.name == "bottle.png"
    assert browser.field.path is not None
    assert browser.field.path.is_file()
    assert "no picture" in browser.field.complaint


def test_a_page_that_says_it_sends_more_than_the_most_is_refused_before_it_does() -> None:
    browser = Browser()
    browser.tell("begin", name="photo.png", bytes=MOST_BYTES + 1)
    browser.tell("chunk", b"x" * 100)
    assert browser.heard == ["done"]
    assert browser.field.complaint == "photo.png can't be taken; the most is 25 MB. Save it smaller."


def test_a_name_can_lead_nowhere() -> None:
    browser = Browser()
    browser.upload("../../etc/<b>passwd</b>.png", picture())
    assert browser.field.path is not None
    assert browser.field.path.is_relative_to(Path(browser.field._passing.name))
    assert browser.field.name == "b_.png"


def test_a_picture_that_was_kept_is_there_again(tmp_path: Path) -> None:
    before = Browser()
    before.field.keep_in(tmp_path)
    before.upload("bottle.png", picture())
    before.tell("begin", name="second.png", bytes=1000)
    again = Browser()
    again.field.keep_in(tmp_path)
    assert again.field.checker is not None
    again.field.checker.join()
    assert (again.field.name, again.field.path) == ("bottle.png", before.field.path)
    assert [path.name for path in tmp_path.glob("*/*")] == ["bottle.png"]


def test_a_removed_picture_is_gone_from_the_disk() -> None:
    browser = Browser()
    browser.upload("bottle.png", picture())
    lay_at = browser.field.path
    assert lay_at is not None
    browser.tell("remove")
    assert not lay_at.exists()
    assert (browser.field.path, browser.field.name, browser.field.thumbnail, browser.changes) == (None, "", "", 2)
