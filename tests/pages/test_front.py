"""The page that every address answers with."""

from __future__ import annotations

import pytest
from starlette.responses import HTMLResponse, Response

from pages._ui import front

PAGE = "<html><head><title>ç</title></head></html>"


def answered(path: str, response: Response) -> tuple[bytes, dict[bytes, bytes], list[bytes]]:
    """Return what is sent, its headers, and the names of those that the app was asked with."""
    asked, sent = [], []

    async def app(scope, receive, send):
        asked.extend(name for name, _ in scope["headers"])
        await response(scope, receive, send)

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": path, "headers": [(b"accept-encoding", b"gzip"), (b"a", b"b")]}
    going = front.Front(app)(scope, None, send)
    with pytest.raises(StopIteration):  # nothing here waits, so that no loop is needed
        going.send(None)
    return b"".join(message.get("body", b"") for message in sent), dict(sent[0]["headers"]), asked


def test_a_page_is_told_where_its_server_is():
    body, headers, _ = answered("/vae", HTMLResponse(PAGE))
    head, _, rest = body.decode().partition("</script>")
    assert head.startswith("<html><head><script>window.__streamlit")
    assert "BACKEND_BASE_URL" in head
    assert rest == "<title>ç</title></head></html>"
    assert int(headers[b"content-length"]) == len(body)


@pytest.mark.parametrize(
    ("path", "response"),
    [
        ("/parcels/a", Response(b"<head>", media_type="application/octet-stream")),
        ("/_stcore/health", HTMLResponse(PAGE)),
        ("/static/index.html", HTMLResponse(PAGE)),
    ],
)
def test_nothing_else_is_touched(path, response):
    body, headers, _ = answered(path, response)
    assert body == response.body
    assert int(headers[b"content-length"]) == len(body)


def test_a_parcel_is_not_packed_for_each_who_gets_it():
    _, _, asked = answered("/parcels/a", Response(b""))
    assert asked == [b"a"]
