"""
Every page as a browser and axe see it: WCAG 2.2 AA, light and dark, phone and laptop.

What is left out, and why, stands in docs/design.md.
"""

from itertools import groupby
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page

from tests.every_page import NO_PAGES, cookies_of, furnish, names_of_addresses, visits

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

PHONE, LAPTOP = {"width": 360, "height": 740}, {"width": 1280, "height": 800}
# Colours are compared in both themes; what a page is made of is the same in both. Without copies
# of stylesheets, which the content security policy refuses.
EVERYTHING = {
    "resultTypes": ["violations"],
    "preload": False,
    "rules": {"target-size": {"enabled": True}},
}
COLOURS = {
    "resultTypes": ["violations"],
    "preload": False,
    "runOnly": ["color-contrast", "target-size"],
}
# Django's own markup in the admin: docs/design.md says why.
OF_DJANGO = {
    "aria-input-field-name": "select2",
    "empty-table-header": "<th",
    "label-title-only": "searchbar",
}
WIDE = "document.documentElement.scrollWidth"


def found(page: Page, options: dict[str, Any]) -> list[str]:
    """Return what axe complains of: the rule, and where."""
    answer = page.evaluate("options => axe.run(document, options)", options)
    return [
        f"{rule['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:200]}"
        for rule in answer["violations"]
        for node in rule["nodes"]
        if not ("/admin/" in page.url and OF_DJANGO.get(rule["id"], "\0") in node["html"])
    ]


def _listen(page: Page, faults: list[str]) -> None:
    page.on("pageerror", lambda error: faults.append(f"{page.url}: {error}"))
    page.on("console", lambda said: faults.extend(_errors(said, page.url)))


def _errors(said: ConsoleMessage, url: str) -> list[str]:
    """Return what the browser complains of; a page that is not there is meant."""
    if said.type != "error" or url.endswith("/nowhere"):
        return []
    return [f"{url}: {said.text}"]


def test_axe_finds_nothing(browser: Browser, server: str):
    axe = Axe().axe_script
    faults: list[str] = []
    furnish()
    tour = visits()
    assert {visit.name for visit in tour} | NO_PAGES >= names_of_addresses()
    for who, theirs in groupby(tour, key=lambda visit: visit.who):
        context = browser.new_context(
            base_url=server, viewport=PHONE, color_scheme="light", reduced_motion="reduce"
        )
        context.add_cookies(cookies_of(who, server))
        # Drawing maps without a graphics card would take most of the time; test_map.py draws them.
        context.add_init_script("HTMLCanvasElement.prototype.getContext = () => null")
        page = context.new_page()
        _listen(page, faults)
        for visit in theirs:
            answer = page.goto(visit.path)
            assert answer is not None
            assert answer.status == visit.status, visit.title
            page.wait_for_selector(visit.ready)
            page.evaluate(axe)
            complaints = [f"phone, light: {one}" for one in found(page, EVERYTHING)]
            if page.evaluate(WIDE) > PHONE["width"]:
                complaints.append(f"wider than a phone: {page.evaluate(WIDE)}")
            page.emulate_media(color_scheme="dark")
            page.set_viewport_size(LAPTOP)
            complaints += [f"laptop, dark: {one}" for one in found(page, COLOURS)]
            page.emulate_media(color_scheme="light")
            page.set_viewport_size(PHONE)
            faults += [f"{visit.title}: {one}" for one in complaints]
        context.close()
    assert not faults, "\n".join(faults)
