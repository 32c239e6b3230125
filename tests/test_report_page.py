"""report.html in a real browser: what people and their aids meet when they open it.

Chromium is the distribution's own, driven by Playwright. Without either the tests are skipped,
unless CONFORMANCE_REQUIRE_BROWSER=1 says that they must run.
"""

import os
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sample_reports import MAXIMUM, UNENFORCED, large, sample

from conformance.report import compare, html, writer
from conformance.report.expectations import Expectation

REQUIRED = os.environ.get("CONFORMANCE_REQUIRE_BROWSER") == "1"
CHROMIUM = os.environ.get("CONFORMANCE_CHROMIUM") or shutil.which("chromium")
try:
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import Browser, Page, sync_playwright
except ImportError:
    if REQUIRED:
        raise
    pytest.skip("playwright and axe-playwright-python are not installed", allow_module_level=True)
if CHROMIUM is None:
    if REQUIRED:
        raise RuntimeError("CONFORMANCE_REQUIRE_BROWSER=1, but there is no chromium")
    pytest.skip("there is no chromium here", allow_module_level=True)

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
FINDINGS = "details.row:not([hidden])"
#: Playwright's own threads and sockets end after the tests that use them.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One headless Chromium; each page has a profile of its own."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGUMENTS])
        yield started
        started.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Reports as files, by name."""
    known = Expectation(
        clause=MAXIMUM, verdict="fail", reason="ticket 7", link="https://example.org/7"
    )
    made = {
        "honest": sample(),
        "faulty": sample(fault=UNENFORCED),
        "broken": sample(degenerate="one-page"),
        "unsupported": sample(degenerate="always-404"),
        "expected": sample(fault=UNENFORCED, expected=(known,)),
    }
    folder = tmp_path_factory.mktemp("pages")
    for name, report in made.items():
        writer.write(folder / name, report)
    several = [made["honest"], made["faulty"], made["broken"]]
    side_by_side = compare.Comparison(several, ["one", "two", "three"])
    (folder / "compared").mkdir()
    (folder / "compared" / "report.html").write_text(compare.html(side_by_side), "utf-8")
    return {path.name: path / "report.html" for path in folder.iterdir()}


class Opener:
    """Opens reports and sees that they neither fail nor ask anybody for anything."""

    def __init__(self, browser: Browser, pages: dict[str, Path]) -> None:
        self._browser, self._pages = browser, pages
        self.troubles: list[str] = []

    def __call__(self, name: str, clause: str = "", **context: Any) -> Page:
        context = {"viewport": {"width": 1280, "height": 900}, **context}
        opened = self._browser.new_context(**context).new_page()
        opened.on("pageerror", lambda error: self.troubles.append(str(error)))
        opened.on("console", lambda message: self.troubles.append(message.text))
        opened.on(
            "request",
            lambda request: (
                None if request.url.startswith("file:") else self.troubles.append(request.url)
            ),
        )
        opened.goto(self._pages[name].as_uri() + (f"#{clause}" if clause else ""))
        if name != "compared":
            opened.wait_for_selector("html[data-ready]", state="attached")
        return opened


@pytest.fixture
def show(browser: Browser, pages: dict[str, Path]) -> Iterator[Opener]:
    """Opens a report by its name, at a clause if one is given."""
    opener = Opener(browser, pages)
    yield opener
    for context in browser.contexts:
        context.close()
    assert opener.troubles == []


def until(opened: Page, expression: str) -> None:
    """Wait until something is true; Playwright's own way needs eval, which pages forbid."""
    deadline = time.monotonic() + 10
    while not opened.evaluate(expression):
        assert time.monotonic() < deadline, expression
        opened.wait_for_timeout(20)


def lines(opened: Page) -> list[str]:
    """The clauses of the lines that are shown."""
    return opened.eval_on_selector_all(
        FINDINGS, "rows => rows.map(row => row.querySelector('.c').textContent)"
    )


def test_a_deep_link_unfolds(show: Opener) -> None:
    """The address of a clause opens its line, in view, with both sides and the offending part."""
    opened = show("faulty", MAXIMUM)
    line = opened.locator(f'[id="{MAXIMUM}"]')
    assert line.get_attribute("open") is not None
    assert line.locator("summary").first.is_visible()
    box = line.bounding_box()
    assert box is not None
    assert 0 <= box["y"] < 900
    text = line.inner_text()
    assert "accepted with 200" in text
    assert "URI Request Parameters" in text
    assert line.locator("mark").first.inner_text().startswith("max-results=")


def test_a_deep_link_unfolds_what_passed(show: Opener) -> None:
    """Clauses that passed are folded away, and their address unfolds them as well."""
    clause = "chime:GetPhoneNumber/auth/missing"
    assert not show("honest").locator(f'[id="{clause}"]').is_visible()
    opened = show("honest", clause)
    assert opened.locator(f'[id="{clause}"] .body').is_visible()
    opened.evaluate("location.hash = '#chime:GetPhoneNumber/response/status'")
    opened.wait_for_selector('[id="chime:GetPhoneNumber/response/status"] .body')


def test_every_clause_has_one_address(show: Opener) -> None:
    """Every clause of the report has an address of its own on the page."""
    opened = show("broken")
    ids = opened.eval_on_selector_all("details.row[id]", "rows => rows.map(row => row.id)")
    known = {finding["clause"] for finding in sample(degenerate="one-page")["findings"]}
    assert len(ids) == len(set(ids))
    assert set(ids) == known


def test_filters(show: Opener) -> None:
    """Operation, area, verdict and text each narrow the lines, and together; clearing shows all."""
    opened = show("broken")
    everything = len(lines(opened))
    opened.select_option("#operation", "chime:GetPhoneNumber")
    assert {line.split("/")[0] for line in lines(opened)} == {"chime:GetPhoneNumber"}
    opened.select_option("#area", "auth")
    assert {line.split("/")[1] for line in lines(opened)} == {"auth"}
    opened.check("[name=verdict][value=warn]", force=True)
    assert 0 < len(lines(opened)) <= 5
    opened.fill("#text", "stale")
    until(opened, "document.querySelector('#count').textContent.startsWith('1 of')")
    assert lines(opened) == ["chime:GetPhoneNumber/auth/stale-date"]
    opened.fill("#text", "no such thing")
    opened.wait_for_selector("#nothing:not([hidden])")
    opened.click("#clear")
    opened.wait_for_selector("#clear", state="hidden")
    assert len(lines(opened)) == everything


def test_text_finds_what_is_folded(show: Opener) -> None:
    """A text is found in cases and promises too, and folds with a match open themselves."""
    opened = show("honest")
    opened.fill("#text", "unknown-key/sent")
    until(opened, "document.querySelectorAll('details.row:not([hidden])').length === 2")
    assert opened.locator(FINDINGS).first.is_visible()


def test_a_cell_filters(show: Opener) -> None:
    """A cell of the matrix shows its own findings; choosing it again shows all."""
    opened = show("broken")
    cell = opened.locator('.cell[data-operation="chime:ListPhoneNumbers"][data-area="pagination"]')
    cell.click()
    assert cell.get_attribute("aria-pressed") == "true"
    assert lines(opened)
    assert {line.split("/")[1] for line in lines(opened)} == {"pagination"}
    cell.click()
    assert opened.locator("#clear").is_hidden()


def test_causes_are_grouped(show: Opener) -> None:
    """Findings of one cause stand in one box, the gravest first."""
    opened = show("broken")
    verdicts = opened.eval_on_selector_all(
        "[aria-labelledby=t-causes] .cause",
        "all => all.map(one => one.querySelector('.v').textContent)",
    )
    assert verdicts == sorted(verdicts, key=["error", "fail", "unsupported", "warn"].index)
    assert opened.locator(".cause:has(.why)").count() > 0


def test_copy(show: Opener) -> None:
    """The copy button puts the whole command into the clipboard and says so."""
    opened = show("faulty", MAXIMUM, permissions=["clipboard-read", "clipboard-write"])
    button = opened.locator("button.copy").first
    button.click()
    until(opened, "document.querySelector('button.copy').textContent === 'Copied'")
    command = opened.locator(".again pre").first.inner_text()
    assert command.startswith("curl -sS")
    assert opened.evaluate("navigator.clipboard.readText()") == command
    until(opened, "document.querySelector('[role=status]').textContent === 'Copied'")


def test_copy_without_permission(show: Opener) -> None:
    """Where the clipboard is refused, the button still says what became of it."""
    opened = show("faulty", MAXIMUM)
    opened.evaluate("(() => { navigator.clipboard.writeText = () => Promise.reject(); })()")
    opened.locator("button.copy").first.click()
    until(opened, "document.querySelector('button.copy').textContent !== 'Copy'")


def test_keyboard(show: Opener) -> None:
    """Everything is reached and opened by keyboard: skip link, search, lines, copy button."""
    opened = show("faulty")
    opened.keyboard.press("Tab")
    assert opened.evaluate("document.activeElement.className") == "skip"
    opened.keyboard.press("Enter")
    opened.keyboard.press("/")
    assert opened.evaluate("document.activeElement.id") == "text"
    opened.keyboard.type("maximum")
    opened.keyboard.press("Escape")
    until(opened, "document.querySelector('#text').value === ''")
    for _ in range(20):
        opened.keyboard.press("Tab")
        if opened.evaluate("document.activeElement.matches('details.row > summary')"):
            break
    opened.keyboard.press("Enter")
    opened.wait_for_selector("details.row[open] .body")
    for _ in range(8):
        opened.keyboard.press("Tab")
        if opened.evaluate("document.activeElement.matches('button.copy')"):
            break
    assert opened.evaluate("document.activeElement.matches('button.copy')")


def test_more_cases_of_one_line(show: Opener) -> None:
    """Further cases of a line open one by one, with their own exchange."""
    opened = show("faulty", MAXIMUM)
    other = opened.locator(f'[id="{MAXIMUM}"] .others details').first
    other.locator("summary").first.click()
    assert other.locator("pre").first.inner_text().startswith("GET ")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_both_schemes(scheme: str, show: Opener) -> None:
    """The page follows the colour scheme of its reader."""
    opened = show("faulty", color_scheme=scheme)
    colour = opened.evaluate("getComputedStyle(document.body).backgroundColor")
    brightness = sum(int(part) for part in re.findall(r"\d+", colour)[:3]) / 3
    assert (brightness > 128) == (scheme == "light")


@pytest.mark.parametrize("name", ["faulty", "broken", "unsupported", "expected", "compared"])
def test_a_phone_needs_no_sideways_scrolling(name: str, show: Opener) -> None:
    """At the width of a phone only the matrix scrolls sideways, within its own frame."""
    clause = MAXIMUM if name == "faulty" else ""
    opened = show(name, clause, viewport={"width": 360, "height": 740})
    assert opened.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["honest", "broken", "unsupported", "expected", "compared"])
def test_an_accessibility_engine_finds_nothing(name: str, scheme: str, show: Opener) -> None:
    """axe-core finds nothing at all, with lines open and closed, in both schemes."""
    opened = show(name, color_scheme=scheme)
    opened.evaluate(
        "[...document.querySelectorAll('details')]"
        ".filter((one, index) => !one.matches('.row') || index < 40)"
        ".forEach(one => { one.open = true })"
    )
    opened.wait_for_timeout(200)
    result = Axe().run(opened)
    assert result.violations_count == 0, result.generate_report()


@pytest.mark.parametrize("name", ["faulty", "broken", "unsupported", "expected", "compared"])
def test_screenshots(name: str, show: Opener, tmp_path: Path) -> None:
    """Pictures for people to look at, in CONFORMANCE_SCREENSHOTS if that names a folder."""
    folder = Path(os.environ.get("CONFORMANCE_SCREENSHOTS") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    clause = MAXIMUM if name == "faulty" else ""
    for scheme, width in (("light", 1280), ("dark", 1280), ("light", 390)):
        viewport = {"width": width, "height": 900}
        opened = show(name, clause, color_scheme=scheme, viewport=viewport)
        picture = opened.screenshot(path=folder / f"{name}-{scheme}-{width}.png")
        assert len(picture) > 10_000


def test_expected_findings_are_shown_as_such(show: Opener) -> None:
    """What was expected stands apart with its reason and link, and not among the failures."""
    opened = show("expected")
    section = opened.locator("[aria-labelledby=t-expected]")
    assert "ticket 7" in section.inner_text()
    assert section.locator("a[href='https://example.org/7']").count() == 1
    assert opened.locator("[aria-labelledby=t-causes] details.row").count() == 0
    assert "non-conformant" in opened.locator("header").inner_text()


def test_what_servers_say_stays_text(show: Opener, pages: dict[str, Path]) -> None:
    """Markup in answers, subjects and case ids is shown, never run."""
    report = sample(fault=UNENFORCED)
    evil = "</script><script>window.owned = 1</script><img src=x onerror='window.owned = 1'>"
    report["subject"] = {"name": evil, "version": evil}
    for finding in report["findings"]:
        finding["observed"] = evil
        finding["cause"] = evil
    for exchange in report["exchanges"].values():
        exchange["response"]["body"] = evil
        exchange["request"]["url"] = f"javascript:{evil}"
    folder = pages["faulty"].parent.parent / "evil"
    writer.write(folder, report)
    pages["evil"] = folder / "report.html"
    opened = show("evil", MAXIMUM)
    assert opened.evaluate("window.owned") is None
    assert evil in opened.locator(f'[id="{MAXIMUM}"]').inner_text()
    assert opened.locator("img").count() == 0
    del pages["evil"]


def test_five_thousand_findings(browser: Browser, tmp_path: Path) -> None:
    """A report of 5,000 findings is under 5 MB, and a second after opening its filters work."""
    path = writer.write(tmp_path, large()).with_name("report.html")
    assert path.stat().st_size < 5_000_000
    took = []
    for _ in range(4):
        opened = browser.new_page()
        opened.goto(path.as_uri())
        opened.wait_for_selector("html[data-ready]", state="attached")
        took.append(int(opened.evaluate("document.documentElement.dataset.ready")))
        opened.fill("#text", "maximum")
        until(opened, "document.querySelector('#count').textContent.includes(' of ')")
        opened.close()
    # the best of four: what else the machine does is no property of the page
    assert min(took) < 3000, took


@pytest.fixture
def paged(
    pages: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """A report of which the page holds only the first lines of each box."""
    monkeypatch.setattr(html, "_MOST_LINES", 50)
    monkeypatch.setattr(html, "_LINES_OF_PART", 20)
    pages["paged"] = writer.write(tmp_path, large(1000)).with_name("report.html")
    yield
    del pages["paged"]


@pytest.mark.usefixtures("paged")
class TestVeryManyFindings:
    """Lines are drawn when they are looked at; nothing is missing of what a whole page shows."""

    def test_lines_are_drawn_some_at_a_time(self, show: Opener) -> None:
        """A fold draws a hundred lines, in their order, and more where they are asked for."""
        opened = show("paged")
        assert opened.locator("details.row").count() < 60
        assert int(opened.inner_text("#count").split(" ")[0]) > 300
        folds = opened.locator("details.more")
        sizes = [int(text.split()[0]) for text in folds.all_text_contents()]
        fold = folds.nth(sizes.index(max(sizes)))
        fold.locator("summary").first.click()
        fold.locator("details.row").nth(99).wait_for(state="attached")
        assert fold.locator("details.row").count() == 100
        left = max(sizes) - 100
        assert left > 0
        fold.locator("button", has_text=f"Show {min(100, left)} more of {left}").click()
        assert fold.locator("details.row").count() == 100 + min(100, left)
        numbers = fold.locator("details.row").evaluate_all("all => all.map(x => +x.dataset.r)")
        assert numbers == sorted(numbers)

    def test_a_line_opens_with_its_own_findings(self, show: Opener) -> None:
        """What opens below a line of any part is about the clause of that line."""
        clause = large(1000)["findings"][-1]["clause"]
        opened = show("paged", clause)
        line = opened.locator(f'[id="{clause}"]')
        assert line.is_visible()
        assert clause in line.locator(".body").inner_text()
        assert "Request" in line.inner_text()

    def test_filters_draw_what_fits(self, show: Opener) -> None:
        """Lines that the page did not hold are found by their text and shown."""
        opened = show("paged")
        opened.fill("#text", "maximum-")
        until(opened, "document.querySelector('#count').textContent.includes(' of ')")
        fits = int(opened.inner_text("#count").split(" ")[0])
        assert 0 < len(lines(opened)) <= fits
        assert all("maximum-" in one for one in lines(opened))

    def test_the_table_unfolds_services(self, show: Opener) -> None:
        """A service's line counts all its operations; below it each has a line that filters."""
        opened = show("paged")
        assert opened.locator(".matrix tbody tr").count() == 1
        opened.click(".matrix .unfold")
        assert opened.locator(".matrix tbody tr").count() == 3
        opened.locator("tr.of-service .cell[data-area=validation]").first.click()
        until(opened, "document.querySelector('#count').textContent.includes(' of ')")
        assert opened.input_value("#operation").startswith("chime:")
        assert lines(opened)
        opened.click(".matrix .unfold")
        assert opened.locator(".matrix tbody tr").count() == 1


@pytest.mark.parametrize(
    ("source", "due"),
    [
        ("https://docs.aws.amazon.com/a/API_X.html § Errors", "#API_X_Errors"),
        ("https://docs.aws.amazon.com/a/API_X.html § Common Errors", "API_X.html"),
        (
            "https://smithy.io/p.html § Operation error serialization",
            "#operation-error-serialization",
        ),
        ("API_X § Errors", ""),
    ],
)
def test_addresses_of_sections(source: str, due: str) -> None:
    """A documented section has the address that its page gives it; a bare title has none."""
    found = html.address(source)
    assert found.endswith(due)
    assert bool(found) == bool(due)
