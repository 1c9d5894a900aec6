"""The door: what every answer tells the browser to forbid, and whose connections are taken at all.

A page may load from this server alone, run no script but the server's own, be shown in nobody's frame, and ask for a
camera and a microphone, which the pages offer, but for no other device.

References
----------
"Content Security Policy Level 3", W3C. "OWASP Secure Headers Project".
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from streamlit.web.server import server_util

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Streamlit loads a component's script from a blob of its own. Plotly compiles what draws its points by WebGL from text,
# and draws none where that is forbidden; a script that a stranger brings still never begins. Styles within the page are
# Streamlit's, st.html's and Plotly's manner of drawing: without them no page has its looks.
POLICY = {
    "default-src": "'self'",
    "script-src": "'self' blob: 'unsafe-eval'",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "media-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "connect-src": "'self' data: blob:",
    "worker-src": "'self' blob:",
    "frame-src": "'none'",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
OFFERED = ("camera", "microphone")
UNUSED = ("accelerometer", "display-capture", "geolocation", "gyroscope", "hid", "midi", "payment", "serial", "usb")
PERMISSIONS = ", ".join([*(f"{device}=(self)" for device in OFFERED), *(f"{device}=()" for device in UNUSED)])
SCRIPT = re.compile(rb"<script>(.*?)</script>", re.DOTALL)
CSP = b"content-security-policy"


def policy(page: bytes = b"") -> bytes:
    """Return the content-security policy of an answer; the scripts written within a page are let run by their hashes.

    Examples
    --------
    >>> policy(b"<script>f()</script>").decode().split("; ")[1]
    "script-src 'self' blob: 'unsafe-eval' 'sha256-GcEEE0IkDzIP5EQ6DXZaDPORqT5RTBELX8Fyzyg9yvo='"
    """
    hashes = [base64.b64encode(hashlib.sha256(script).digest()).decode() for script in SCRIPT.findall(page)]
    scripts = " ".join([POLICY["script-src"], *(f"'sha256-{one}'" for one in hashes)])
    return "; ".join(f"{name} {allowed}" for name, allowed in (POLICY | {"script-src": scripts}).items()).encode()


HEADERS = (
    (CSP, policy()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"permissions-policy", PERMISSIONS.encode()),
    (b"cross-origin-resource-policy", b"same-origin"),
)


class Door:
    """Adds the headers to every answer that does not say its own, and takes web sockets of its own pages alone."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or turn a connection away."""
        if scope["type"] == "websocket" and not _is_own(scope["headers"]):
            # Before it is accepted, which the browser sees as status 403.
            await send({"type": "websocket.close", "code": 1008})
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                said = {name.lower() for name, _ in message["headers"]}
                more = [pair for pair in HEADERS if pair[0] not in said]
                message = {**message, "headers": [*message["headers"], *more]}
            await send(message)

        await self.app(scope, receive, guarded if scope["type"] == "http" else send)


def _is_own(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether a connection comes from a page of this server, of an allowed origin, or from no browser.

    Streamlit would find out by asking a host on the internet which address this machine has.
    """
    given = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in headers}
    origin = given.get("origin")
    if origin is None or server_util.allow_all_cross_origin_requests() or server_util.is_allowed_origin(origin):
        return True
    try:
        return urlsplit(origin).netloc == given.get("host") != ""
    except ValueError:
        return False
