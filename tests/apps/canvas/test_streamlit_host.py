"""The canvas below Streamlit: what its lifespan does to the process' open files."""

from __future__ import annotations

import socket
from pathlib import Path

import anyio

from apps.canvas.streamlit_host import prompt_answers


def test_listening_sockets_answer_at_once_and_all_other_files_stay_as_they_are(tmp_path):
    async def opened():
        before = len(list(Path("/dev/fd").iterdir()))
        async with prompt_answers(None):
            return len(list(Path("/dev/fd").iterdir())) - before

    with socket.create_server(("127.0.0.1", 0)) as listener, (tmp_path / "file").open("w"):
        assert anyio.run(opened) == 0
        assert listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
