"""The front page that every address of the app answers with, told where its server is.

By itself it tries every part of the path of the address first, and finds nothing there.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import streamlit as st

from pages._ui import door

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEAD = b"<head>"


class Front:
    """Writes the server's address into pages of HTML."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http" or "." in scope["path"] or "/_stcore/" in scope["path"]:
            await self.app(scope, receive, send)
            return
        # Packed, it could not be written into; and a parcel is packed once, not for each who gets it.
        scope["headers"] = [pair for pair in scope["headers"] if pair[0] != b"accept-encoding"]
        start: Message = {}
        body = b""

        async def rewrite(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start" and _is_html(message):
                start = message
                return
            if not start:
                await send(message)
                return
            body += message.get("body", b"")
            if message.get("more_body"):
                return
            written = body.replace(HEAD, HEAD + _script(), 1)
            headers = [pair for pair in start["headers"] if pair[0] != b"content-length"]
            headers += [(b"content-length", str(len(written)).encode()), (door.CSP, door.policy(written))]
            await send({**start, "headers": headers})
            await send({**message, "body": written})

        await self.app(scope, receive, rewrite)


def _is_html(start: Message) -> bool:
    return any(name == b"content-type" and kind.startswith(b"text/html") for name, kind in start["headers"])


def _script() -> bytes:
    path = json.dumps(f"/{st.get_option('server.baseUrlPath').strip('/')}")
    return (
        f"<script>window.__streamlit = {{ BACKEND_BASE_URL: new URL({path}, location.href).href }};</script>".encode()
    )
