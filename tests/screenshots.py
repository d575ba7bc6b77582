"""
Pictures of every page of the demo region: `make screenshots`.

In both themes, on a phone, a laptop and a large screen, into screenshots/, with an index.html.
"""

import argparse
import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Any

import django
from playwright.sync_api import Page, sync_playwright

FOLDER = Path("screenshots")
WIDTHS = {360: 740, 1280: 800, 2560: 1440}
THEMES = ("light", "dark")
# Longer pages are cut, or the pictures would be mostly of rows.
TALLEST = 4000
SETTLED = "networkidle"
# Time for a map to fill another size.
CALM_MS = 250


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("only", nargs="*", help="words in the names of the pages; all by default")
    parser.add_argument("--width", type=int, action="append", choices=WIDTHS)
    parser.add_argument("--theme", action="append", choices=THEMES)
    options = parser.parse_args()
    from tests.bench.sockets import scratch_database
    from tests.conftest import start_servers
    from tests.every_page import furnish, visits
    from tests.processes import web
    from turash.local import static_files

    start_servers()
    with scratch_database():
        furnish()
        static_files.collect()
        wanted = [
            visit
            for visit in visits()
            if not options.only or any(word in visit.title for word in options.only)
        ]
        with web() as url:
            FOLDER.mkdir(exist_ok=True)
            taken = list(_take(url, wanted, options.width or WIDTHS, options.theme or THEMES))
    (FOLDER / "index.html").write_text(_index(taken))
    sys.stdout.write(f"{len(taken)} pictures: {FOLDER / 'index.html'}\n")


def _take(
    url: str, wanted: Sequence[Any], widths: Iterable[int], themes: Iterable[str]
) -> Iterator[tuple[str, str]]:
    """Yield the title of each page with the name of a picture of it."""
    from tests.e2e.conftest import FLAGS
    from tests.every_page import cookies_of

    path = shutil.which("chromium") or shutil.which("google-chrome")
    flags = [*FLAGS, "--no-sandbox"] if os.geteuid() == 0 else FLAGS
    cookies = {who: cookies_of(who, url) for who in {visit.who for visit in wanted}}
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=flags)
        for who, theirs in groupby(wanted, key=lambda visit: visit.who):
            context = chromium.new_context(base_url=url, reduced_motion="reduce")
            context.add_cookies(cookies[who])
            page = context.new_page()
            for visit in theirs:
                for theme in themes:
                    page.emulate_media(color_scheme=theme)
                    # Maps take their colours when they are made, everything its size at any time.
                    page.goto(visit.path, wait_until=SETTLED)
                    yield from _sizes(page, visit.title, theme, widths)
            context.close()
        chromium.close()


def _sizes(page: Page, title: str, theme: str, widths: Iterable[int]) -> Iterator[tuple[str, str]]:
    for width in widths:
        page.set_viewport_size({"width": width, "height": WIDTHS[width]})
        page.wait_for_timeout(CALM_MS)
        tall = page.evaluate("document.documentElement.scrollHeight")
        clip = {"x": 0, "y": 0, "width": width, "height": min(tall, TALLEST)}
        name = f"{title.replace(':', '-').replace(' ', '-')}-{width}-{theme}.png"
        page.screenshot(path=FOLDER / name, clip=clip, full_page=True)
        yield title, name


def _index(taken: list[tuple[str, str]]) -> str:
    parts = [
        f"<h2>{escape(title)}</h2>"
        + "".join(
            f'<a href="{escape(name)}"><img src="{escape(name)}" loading="lazy"'
            f' alt="{escape(name)}" height="400"></a>\n'
            for _, name in pictures
        )
        for title, pictures in groupby(sorted(taken), key=lambda one: one[0])
    ]
    return f'<!doctype html><meta charset="utf-8"><title>Turash</title>\n{"".join(parts)}'


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    # Playwright's synchronous face keeps an event loop in this thread, which Django would mind.
    os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    django.setup()
    sys.exit(main())
