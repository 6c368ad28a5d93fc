"""The fixtures of the other browser tests: a server can be started and killed, and a page cannot leave this machine."""

from __future__ import annotations

import signal

import pytest

PAGE = """<!doctype html><title>here</title><h1>Hello</h1>
<script>
console.error("worth a look");
window.leave = () => fetch("http://198.51.100.7/away").catch(() => "refused");
</script>"""


@pytest.fixture
def server(serve, tmp_path):
    (tmp_path / "index.html").write_text(PAGE)
    return serve("-m", "http.server", "{port}", "--bind", "127.0.0.1", "--directory", str(tmp_path))


def test_a_page_is_served_and_its_errors_are_seen(server, page, seen):
    page.goto(server.url)
    assert page.title() == "here"
    assert "worth a look" in seen.errors


def test_a_killed_server_comes_back_at_the_same_address(server, page):
    server.restart(how=signal.SIGKILL)
    page.goto(server.url)
    assert page.inner_text("h1") == "Hello"


def test_requests_to_other_machines_are_refused_and_recorded(server, page, seen):
    page.goto(server.url)
    assert page.evaluate("leave()") == "refused"
    assert seen.external == ["http://198.51.100.7/away"]
    seen.external.clear()  # or the page fixture fails this test, as it should any other


def test_a_server_that_ends_at_once_says_why(serve):
    with pytest.raises(pytest.fail.Exception, match=r"ended with 3 .*\n.*no such model"):
        serve("-c", "import sys; print('no such model'); sys.exit(3)")
