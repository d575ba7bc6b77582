"""Real browsers against a real web server and worker."""

import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth.hashers import make_password
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


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("google-chrome")
    assert path, "Chromium is not installed; `make test` installs it."
    flags = [*FLAGS, "--no-sandbox"] if os.geteuid() == 0 else FLAGS
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=flags)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def server(django_db_setup, django_db_blocker) -> Iterator[str]:
    """One web server and worker for all journeys; each test empties the database under them."""
    static_files.collect()
    with django_db_blocker.unblock(), worker(), web() as url:
        yield url


def _is_quiet() -> bool:
    return not EventDelivery.objects.open().exists() and not OrmQ.objects.exists()


@pytest.fixture
def page_of(transactional_db, browser, server) -> Iterator[Callable[..., Page]]:
    """Pages of signed-in people, each in a browser context of its own."""
    contexts = []

    def open_page(user: User, **options) -> Page:
        # The server does not know the cheap passwords of the tests.
        password = make_password("secret", hasher="pbkdf2_sha256")
        User.objects.filter(pk=user.pk).update(password=password)
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
