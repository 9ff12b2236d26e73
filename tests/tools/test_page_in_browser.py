"""The draft's page in a browser: sentences light up what they rest on, and nothing is asked of any network."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from app import Prelim
from prelim.draft import Draft
from prelim.models.chat import ChatMedGemma
from tests.conftest import EXAMPLES

pytestmark = pytest.mark.integration
WIDTHS_PX = (1600, 1024, 390)


@pytest.fixture(scope="module")
def demo(model: ChatMedGemma, tmp_path_factory: pytest.TempPathFactory) -> tuple[Draft, Path]:
    """The demo case, drafted, and its page."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tools.tool.open_model", lambda settings: model)
        prelim = Prelim(home=tmp_path_factory.mktemp("demo"), threads=1, device="cpu")
        draft = prelim.draft(EXAMPLES / "growing-opacity")
        return draft, prelim.folder(draft.case_id) / "draft.html"


@pytest.fixture(scope="module")
def page(demo: tuple[Draft, Path]) -> Iterator[Page]:
    """The page, opened; whatever it asks for and whatever it complains of is kept."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no chromium on this machine")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        opened = browser.new_page(viewport={"width": WIDTHS_PX[0], "height": 1000})
        opened.asked, opened.complaints = [], []  # type: ignore[attr-defined]
        opened.on("request", lambda request: opened.asked.append(request.url))  # type: ignore[attr-defined]
        opened.on("console", lambda message: opened.complaints.append(message.text))  # type: ignore[attr-defined]
        opened.on("pageerror", lambda error: opened.complaints.append(str(error)))  # type: ignore[attr-defined]
        opened.goto(demo[1].as_uri())
        yield opened
        browser.close()


def test_the_page_asks_for_nothing_outside_itself(page: Page, demo: tuple[Draft, Path]) -> None:
    outside = [url for url in page.asked if not url.startswith("data:")]  # type: ignore[attr-defined]
    assert outside == [demo[1].as_uri()]
    assert page.complaints == []  # type: ignore[attr-defined]


def test_every_image_is_drawn(page: Page) -> None:
    sizes = page.eval_on_selector_all("figure img", "images => images.map(image => image.naturalWidth)")
    assert len(sizes) >= 2 and all(sizes)


def test_a_sentence_lights_its_box(page: Page, demo: tuple[Draft, Path]) -> None:
    """Pointing at the opacity's sentence lights the box on the film; pointing elsewhere puts it out."""
    [box] = demo[0].boxes
    lines = [line for line in demo[0].sections.findings if set(line.evidence) & set(box.evidence)]
    assert lines
    lit = f"document.getElementById('{box.evidence[0]}').classList.contains('lit')"
    page.mouse.move(0, 0)
    assert page.evaluate(lit) is False
    page.hover(f"#{lines[0].id}")
    assert page.evaluate(lit) is True
    page.mouse.move(0, 0)
    assert page.evaluate(lit) is False


def test_the_box_lies_where_the_draft_says(page: Page, demo: tuple[Draft, Path]) -> None:
    """The rectangle on the screen, taken back to pixels of the film, is the draft's box."""
    [box] = demo[0].boxes
    rect = page.locator(f"rect#{box.evidence[0]}")
    image = page.locator("figure img").and_(page.locator(f"figure:has(rect#{box.evidence[0]}) img"))
    drawn, film = rect.bounding_box(), image.bounding_box()
    assert drawn and film
    columns = page.evaluate("image => image.naturalWidth", image.element_handle())
    scale = film["width"] / columns
    y0, x0, y1, x1 = box.box_px
    centre = (
        ((drawn["x"] - film["x"]) + drawn["width"] / 2) / scale,
        ((drawn["y"] - film["y"]) + drawn["height"] / 2) / scale,
    )
    assert centre == pytest.approx(((x0 + x1) / 2, (y0 + y1) / 2), abs=1.5)


def test_every_link_has_a_place(page: Page) -> None:
    """No sentence points at evidence that is not on the page."""
    targets = page.eval_on_selector_all(
        "a[href^='#']", "links => links.map(link => link.getAttribute('href').slice(1))"
    )
    ids = set(page.eval_on_selector_all("[id]", "places => places.map(place => place.id)"))
    assert targets and set(targets) <= ids


@pytest.mark.parametrize("width_px", WIDTHS_PX)
def test_nothing_is_cut_off(page: Page, width_px: int) -> None:
    """The page fits its window's width, a telephone's too."""
    page.set_viewport_size({"width": width_px, "height": 1000})
    assert page.evaluate("document.documentElement.scrollWidth") <= width_px


def test_a_sentence_lights_the_sheet_of_its_scan_and_a_slice_can_be_enlarged(
    model: ChatMedGemma, page: Page, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tools.tool.open_model", lambda settings: model)
    prelim = Prelim(home=home, threads=1, device="cpu")
    draft = prelim.draft(EXAMPLES / "ct-head")
    browser = page.context.browser
    assert browser
    opened = browser.new_page(viewport={"width": WIDTHS_PX[0], "height": 1000})
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.goto((prelim.folder(draft.case_id) / "draft.html").as_uri())
    assert opened.locator(".sheet figure").count() == 6
    opened.click(f"#{draft.sections.technique[0].id} .text")
    assert opened.locator(".sheet > .lit").count() == 1
    before = opened.locator(".sheet img").first.bounding_box()
    opened.locator(".sheet img").first.click()
    after = opened.locator(".sheet img").first.bounding_box()
    assert before and after and after["width"] > 2 * before["width"]
    assert complaints == []
    opened.close()
