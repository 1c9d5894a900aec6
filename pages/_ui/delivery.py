"""Delivery: what Streamlit 1.67 may send in halves when a fragment is run again before its last run was sent.

It then takes back the containers of the last run but not the elements in them that the browser knows
already and that travel as a mere reference. Such an orphan makes the whole page fail in the browser.
"""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

if TYPE_CHECKING:
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

_clear = ForwardMsgQueue.clear


def keep_whole() -> None:
    """Let a queue that takes a fragment's containers back take the references in them back too."""
    ForwardMsgQueue.clear = _clear_whole  # type: ignore[method-assign, assignment]


def _clear_whole(
    queue: ForwardMsgQueue, retain_lifecycle_msgs: bool = False, fragment_ids_this_run: list[str] | None = None
) -> None:
    taken = [
        list(message.metadata.delta_path)[:-1]
        for message in queue._queue
        if message.HasField("delta") and message.delta.fragment_id in (fragment_ids_this_run or ())
    ]
    _clear(queue, retain_lifecycle_msgs, fragment_ids_this_run)
    if retain_lifecycle_msgs and taken:
        root = [levels[0] for levels in takewhile(lambda levels: len(set(levels)) == 1, zip(*taken, strict=False))]
        queue._queue = [message for message in queue._queue if not _is_within(message, root)]


def _is_within(message: ForwardMsg, root: list[int]) -> bool:
    return message.HasField("ref_hash") and list(message.metadata.delta_path)[: len(root)] == root
