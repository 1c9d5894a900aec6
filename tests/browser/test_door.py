"""The door as a browser and a stranger's program find it; where it forbade too much, the tests of pages would fail."""

from __future__ import annotations

import http.client
from contextlib import closing
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

HEADERS = {"content-security-policy", "x-content-type-options", "referrer-policy", "permissions-policy"}
STOPPED = ["connect-src", "frame-src", "img-src", "script-src-attr", "script-src-elem"]
INTRUDE = """async () => {
  const found = [];
  document.addEventListener('securitypolicyviolation', (event) => found.push(event.effectiveDirective));
  const wait = () => new Promise((done) => setTimeout(done, 200));
  document.body.insertAdjacentHTML('beforeend', '<img src="/none" onerror="window.intruded = 1">');
  document.body.append(Object.assign(document.createElement('script'), { textContent: 'window.intruded = 1' }));
  document.body.append(Object.assign(document.createElement('script'), { src: 'http://127.0.0.1:9/a.js' }));
  document.body.append(Object.assign(document.createElement('iframe'), { src: '/' }));
  document.body.append(Object.assign(document.createElement('img'), { src: 'http://127.0.0.1:9/a.png' }));
  await fetch('http://127.0.0.1:9/').catch(() => {});
  for (let i = 0; i < 100 && new Set(found).size < 5; i++) await wait();
  return [window.intruded, [...new Set(found)].sort()];
}"""


def asked(site: str, method: str, path: str, **headers: str) -> http.client.HTTPResponse:
    with closing(http.client.HTTPConnection(urlsplit(site).netloc, timeout=30)) as connection:
        connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        with connection.getresponse() as answer:
            return answer


def test_a_page_runs_nothing_that_is_brought_into_it(site, browser):
    page = browser.new_context().new_page()
    page.goto(f"{site}/your_data?lang=en")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    intruded, stopped = page.evaluate(INTRUDE)
    page.context.close()
    assert (intruded, stopped) == (None, STOPPED)


@pytest.mark.parametrize(
    "path", ["/", "/vae", "/assets/plotly.min.js", "/parcels/none", "/_stcore/health", "/none.html"]
)
def test_every_answer_has_its_headers(site, path):
    assert {name.lower() for name, _ in asked(site, "GET", path).getheaders()} >= HEADERS


@pytest.mark.parametrize(("origin", "status"), [(None, 101), ("http://127.0.0.1:9", 403), ("http://localhost", 403)])
def test_a_web_socket_is_taken_from_the_app_s_own_pages(site, origin, status):
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec_WebSocket_Version": "13"}
    upgrade |= {"Sec_WebSocket_Key": "AAAAAAAAAAAAAAAAAAAAAA==", "Origin": origin or site}
    assert asked(site, "GET", "/_stcore/stream", **upgrade).status == status


def test_a_file_is_taken_from_nobody_who_has_no_token(site):
    answer = asked(site, "PUT", "/_stcore/upload_file/a/b", Origin="http://127.0.0.1:9")
    assert answer.status in (400, 403)
    assert answer.getheader("access-control-allow-origin") is None
