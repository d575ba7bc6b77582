"""Real browsers against a real web server and worker."""

import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth.hashers import make_password
from django.db import connection, connections
from django_q.models import OrmQ
from playwright.sync_api import Browser, Page, sync_playwright

from organizations.models import User
from tests.processes import wait_for, web, worker
from turash.events.models import EventDelivery
from turash.local import static_files

# Playwright's synchronous face keeps an event loop in this thread, which Django would mind.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

FLAGS = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
]


# Ended with this package: as long as Playwright's loop runs, no other test can run one.
@pytest.fixture(scope="package")
def browser(django_db_setup) -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("google-chrome")
    assert path, "Chromium is not installed; `make test` installs it."
    flags = [*FLAGS, "--no-sandbox"] if os.geteuid() == 0 else FLAGS
    migrated = connection._test_serialized_contents
    with sync_playwright() as playwright:
        # Where a loop runs Django has another connection: it has to restore the same rows.
        connection._test_serialized_contents = migrated
        chromium = playwright.chromium.launch(executable_path=path, args=flags)
        yield chromium
        chromium.close()
        connections.close_all()


@pytest.fixture(scope="package")
def server(browser) -> Iterator[str]:
    """One web server and worker for all journeys; each test empties the database under them."""
    static_files.collect()
    with worker(), web() as url:
        yield url


def _is_quiet() -> bool:
    return not EventDelivery.objects.open().exists() and not OrmQ.objects.exists()


@pytest.fixture
def page_of(browser, server) -> Iterator[Callable[..., Page]]:
    """Pages of signed-in people, each in a browser context of its own."""
    contexts = []

    def open_page(user: User, **options) -> Page:
        User.objects.filter(pk=user.pk).update(password=make_password("secret"))
        context = browser.new_context(base_url=server, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.goto("/login")
        page.fill("[name=username]", user.email)
        page.fill("[name=password]", "secret")
        page.click("main button")
        page.wait_for_url("**/dashboard")
        return page

    yield open_page
    for context in contexts:
        context.close()
    # A worker in the middle of a transaction would hold up the emptying of the tables.
    wait_for(_is_quiet)
