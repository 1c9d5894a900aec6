"""The real app, and a real browser that tolerates no error and no other host."""

from __future__ import annotations

import importlib.util
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

ROOT = Path(__file__).parents[2]
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]

expect.set_options(timeout=90_000)


def _finder():
    spec = importlib.util.spec_from_file_location("chromium", Path(__file__).with_name("chromium.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@contextmanager
def serving(runs: Path, **environment: str) -> Iterator[tuple[str, subprocess.Popen]]:
    """Run the app on a free port until the block ends."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    command += ["--server.headless", "true", "--server.fileWatcherType", "none"]
    settings = os.environ | {"GARGALO_RUNS": str(runs)} | environment
    with (
        tempfile.TemporaryFile("w") as log,
        subprocess.Popen(command, cwd=ROOT, env=settings, stdout=log, stderr=log) as server,
    ):
        url = f"http://127.0.0.1:{port}"
        try:
            _wait_for(url, server)
            yield url, server
        finally:
            server.send_signal(signal.SIGTERM)
            try:
                server.wait(15)
            except subprocess.TimeoutExpired:
                server.kill()


def _wait_for(url: str, server: subprocess.Popen) -> None:
    for _ in range(600):
        assert server.poll() is None, "the app ended before it answered"
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(url)


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("site") / "runs"


@pytest.fixture(name="serving")
def another_server() -> Callable:
    """Give the means to run a second app, with an environment of its own."""
    return serving


@pytest.fixture(scope="session")
def site(runs: Path) -> Iterator[str]:
    with serving(runs) as (url, _):
        yield url


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = _finder().find()
    assert program, _finder().ADVICE
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture
def new_context(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Give a fresh visitor; what goes wrong in any of their pages fails the test."""
    contexts: list[BrowserContext] = []
    wrong: list[str] = []

    def watch(page: Page) -> None:
        page.on("pageerror", lambda error: wrong.append(f"uncaught: {error}"))
        page.on("console", lambda message: wrong.append(_said(message)) if _is_ours(message) else None)

    def make(**options: object) -> BrowserContext:
        context = browser.new_context(**({"locale": "en-US", "viewport": {"width": 1280, "height": 900}} | options))
        # A busy machine takes its time; what never comes fails all the same.
        context.set_default_timeout(90_000)
        context.on("page", watch)
        context.on("request", lambda request: None if _is_local(request.url) else wrong.append(f"asked {request.url}"))
        contexts.append(context)
        return context

    yield make
    for context in contexts:
        context.close()
    assert wrong == []


def _is_local(url: str) -> bool:
    return url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:", "about:"))


def _said(message) -> str:
    return f"{message.text} {message.location.get('url', '')}"


def _is_ours(message) -> bool:
    # On a deep link Streamlit asks for two files below the page's own address first; the 404s are harmless.
    asked = message.location.get("url", "")
    return message.type == "error" and not asked.endswith(("_stcore/health", "_stcore/host-config"))


@pytest.fixture
def page(new_context) -> Page:
    return new_context().new_page()
