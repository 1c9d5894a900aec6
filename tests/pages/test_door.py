"""What every answer lets a browser do, and whose connections are taken."""

from __future__ import annotations

import pytest
from starlette.responses import HTMLResponse, Response

from pages._ui import door, front


def sent(scope, app) -> list[dict]:
    """Return the messages that come through the door."""
    messages = []

    async def send(message):
        messages.append(message)

    going = door.Door(app)(scope, None, send)
    with pytest.raises(StopIteration):  # nothing here waits, so that no loop is needed
        going.send(None)
    return messages


def headers(path: str, app) -> dict[str, str]:
    scope = {"type": "http", "method": "GET", "path": path, "headers": []}
    return {name.decode(): value.decode() for name, value in sent(scope, app)[0]["headers"]}


def directives(found: dict[str, str]) -> dict[str, str]:
    return dict(part.split(" ", 1) for part in found["content-security-policy"].split("; "))


def test_every_answer_says_what_a_browser_may_do():
    found = headers("/parcels/a", Response(b"", status_code=404))
    assert found["x-content-type-options"] == "nosniff"
    assert found["referrer-policy"] == "same-origin"
    assert found["permissions-policy"].startswith("camera=(self), microphone=(self), ")
    said = directives(found)
    assert said["frame-ancestors"] == said["object-src"] == said["base-uri"] == "'none'"
    assert all("http" not in sources and "*" not in sources for sources in said.values())
    assert said["script-src"] == "'self' blob: 'unsafe-eval'"


def test_a_page_s_own_scripts_run_and_no_others():
    page = front.Front(HTMLResponse("<html><head><script>let a</script></head></html>"))
    allowed = directives(headers("/vae", page))["script-src"].split()
    assert allowed[:3] == ["'self'", "blob:", "'unsafe-eval'"]
    assert len(allowed) == 5  # its own and the one that says where the server is
    assert door.policy(b"<script>let a</script>").split()[5].rstrip(b";").decode() in allowed
    assert "'unsafe-inline'" not in allowed


def test_what_an_answer_says_itself_stands():
    assert headers("/", Response(headers={"Referrer-Policy": "no-referrer"}))["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    ("origin", "host", "taken"),
    [
        ("http://a.org:8501", "a.org:8501", True),
        (None, "a.org", True),
        ("http://b.org", "a.org", False),
        ("http://localhost:8501", "a.org", False),
        ("http://a.org.b.org", "a.org", False),
        ("http://a.org:1", "a.org:2", False),
        ("null", "a.org", False),
        ("", "", False),
        ("http://[", "a.org", False),
    ],
)
def test_only_the_app_s_own_pages_connect(origin, host, taken):
    went = []

    async def app(*_):
        went.append(True)

    told = [] if origin is None else [(b"origin", origin.encode())]
    messages = sent({"type": "websocket", "headers": [(b"host", host.encode()), *told]}, app)
    assert bool(went) is taken
    assert messages == ([] if taken else [{"type": "websocket.close", "code": 1008}])
