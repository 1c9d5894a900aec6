"""What travels to the browser when a fragment is run again before its last run was sent."""

from __future__ import annotations

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

from pages._ui import delivery


@pytest.fixture(autouse=True)
def whole(monkeypatch):
    monkeypatch.setattr(ForwardMsgQueue, "clear", ForwardMsgQueue.clear)
    delivery.keep_whole()


def message(*path: int, fragment: str = "", known: bool = False) -> ForwardMsg:
    made = ForwardMsg()
    made.metadata.delta_path[:] = path
    if known:
        made.ref_hash = "the browser has it"
    else:
        made.delta.fragment_id = fragment
        made.delta.add_block.allow_empty = True
    return made


def test_what_lay_in_a_container_that_is_taken_back_is_taken_back_too():
    queue = ForwardMsgQueue()
    for one in (
        message(0, 1),
        message(0, 4, known=True),
        message(0, 9, 23, fragment="live"),
        message(0, 9, 23, 0, fragment="live"),
        message(0, 9, 23, 0, 0, known=True),
        message(0, 9, 24, known=True),
    ):
        queue.enqueue(one)
    queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=["live"])
    assert [tuple(one.metadata.delta_path) for one in queue.flush()] == [(0, 1), (0, 4)]


def test_a_fragment_takes_nothing_of_another_back():
    queue = ForwardMsgQueue()
    queue.enqueue(message(0, 9, 1, fragment="live"))
    queue.enqueue(message(0, 3, 1, fragment="other"))
    queue.enqueue(message(0, 3, 1, 0, known=True))
    queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=["live"])
    assert [tuple(one.metadata.delta_path) for one in queue.flush()] == [(0, 3, 1), (0, 3, 1, 0)]
