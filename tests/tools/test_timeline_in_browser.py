"""The table of findings over time in a browser: it stays inside its card, and every link of it leads somewhere."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from app import Prelim
from prelim.models.chat import ChatMedGemma
from tests.patients_over_time import Day, opacity, write_case

pytestmark = pytest.mark.integration
DAYS = (
    Day("2023-05-02", {}),
    Day("2023-11-20", opacity(18)),
    Day("2024-01-10", opacity(30), {"ViewPosition": "AP"}),
    Day("2024-06-01", opacity(24)),
    Day("2025-03-14", opacity(30)),
)
REPORTS = {"2022-02-01": "IMPRESSION: Right lung opacity.", "2024-06-01": "IMPRESSION: No right lung opacity."}
WIDTHS_PX = (1600, 1024, 390)


@pytest.fixture(scope="module")
def file(model: ChatMedGemma, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of five films, an earlier report and one that contradicts its film."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tools.tool.open_model", lambda settings: model)
        prelim = Prelim(home=tmp_path_factory.mktemp("home"), threads=1, device="cpu")
        draft = prelim.draft(write_case(tmp_path_factory.mktemp("case") / "case", "OVER-TIME", DAYS, REPORTS))
        return prelim.folder(draft.case_id) / "draft.html"


@pytest.fixture(scope="module")
def page(file: Path) -> Iterator[Page]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no chromium on this machine")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        opened = browser.new_page(java_script_enabled=True)
        opened.goto(file.as_uri())
        yield opened
        browser.close()


@pytest.mark.parametrize("width_px", WIDTHS_PX)
def test_the_table_stays_inside_its_card(page: Page, width_px: int) -> None:
    page.emulate_media(media="screen")
    page.set_viewport_size({"width": width_px, "height": 1000})
    card, scroll = (
        page.eval_on_selector(name, "e => e.getBoundingClientRect().right")
        for name in (".over-time", ".over-time .scroll")
    )
    assert scroll <= card <= width_px
    assert page.evaluate("document.documentElement.scrollWidth") == width_px


def test_printed_it_needs_no_scrolling(page: Page) -> None:
    """An A4 page less its margins is about 720 px wide."""
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 720, "height": 1000})
    right = page.eval_on_selector(".over-time table", "e => e.getBoundingClientRect().right")
    page.emulate_media(media="screen")
    assert right <= 720


def test_every_link_leads_to_its_place(page: Page) -> None:
    links = page.eval_on_selector_all(".over-time a", "all => all.map(a => a.getAttribute('href').slice(1))")
    assert len(links) >= 2 * len(DAYS)
    assert [id for id in links if page.query_selector(f"[id='{id}']") is None] == []


def test_each_time_has_its_column_and_the_contradiction_its_words(page: Page) -> None:
    heads = page.eval_on_selector_all(".over-time thead time", "all => all.map(e => e.textContent)")
    assert heads == sorted({*REPORTS, *(day.date for day in DAYS)})
    assert "AP film" in page.inner_text(".over-time thead")
    assert "Contradictory: reported absent 2024-06-01" in page.inner_text(".over-time .contradicts")
