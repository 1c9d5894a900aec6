"""Load: fifty visitors at once on one server, over the websocket that their browsers would use."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from aecore.text import Say
from bench.app import resident, settled
from bench.browsed import serving
from bench.row import Row
from pages._ui.contents import PAGES

VISITORS, WATCHING = 50, 10
# Seconds of a visitor between two pages, and of the whole with and without newcomers.
THINKS, SPELL, CHURN = (4.0, 12.0), 180, 1800
WATCHED = "undercomplete", "steps=3000&seed=7"
# Those whose first heading is their title.
NAMES = [name for names in PAGES.values() for name in names if name not in ("home", "present", "board")]
PATIENCE = 60


@dataclass
class Visitor:
    """One session: asks for pages, and follows what runs by itself on them as a browser does."""

    url: str
    waits: list[float] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    bytes: int = 0

    async def __aenter__(self) -> Visitor:
        self.socket = await websockets.connect(
            f"{self.url.replace('http', 'ws')}/_stcore/stream",
            subprotocols=[websockets.Subprotocol("streamlit")],
            origin=websockets.Origin(self.url),
            max_size=None,
        )
        self.timers: list[asyncio.Task[None]] = []
        return self

    async def __aexit__(self, *_: object) -> None:
        self._quiet()
        await self.socket.close()

    def _quiet(self) -> None:
        for timer in self.timers:
            timer.cancel()
        self.timers = []

    async def _ask(self, name: str, query: str, fragment: str = "") -> None:
        asked = BackMsg()
        asked.rerun_script.page_name, asked.rerun_script.query_string = name, query
        asked.rerun_script.context_info.url = f"{self.url}/{name}"
        if fragment:
            asked.rerun_script.fragment_id, asked.rerun_script.is_auto_rerun = fragment, True
        await self.socket.send(asked.SerializeToString())

    async def _repeat(self, every: float, name: str, query: str, fragment: str) -> None:
        while True:
            await asyncio.sleep(every)
            await self._ask(name, query, fragment)

    async def open(self, name: str, query: str = "") -> None:
        """Ask for a page, and wait until it is whole; note how long, and whether its own heading came."""
        self._quiet()
        began, heard = time.perf_counter(), ""
        await self._ask(name, query)
        async with asyncio.timeout(PATIENCE):
            while True:
                message = await self._next()
                heard += said(message)
                if message.WhichOneof("type") == "auto_rerun":
                    about = message.auto_rerun
                    repeated = self._repeat(about.interval, name, query, about.fragment_id)
                    self.timers.append(asyncio.create_task(repeated))
                if message.WhichOneof("type") == "script_finished" and Say("en")(f"page.{name}.title") in heard:
                    break
        self.waits.append(time.perf_counter() - began)

    async def _next(self) -> ForwardMsg:
        raw = await self.socket.recv()
        assert isinstance(raw, bytes)
        self.bytes += len(raw)
        message = ForwardMsg()
        message.ParseFromString(raw)
        if message.delta.new_element.HasField("exception"):
            self.lost.append(message.delta.new_element.exception.message)
        return message

    async def stay(self, seconds: float) -> None:
        """Take in what comes, as someone who looks."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            try:
                async with asyncio.timeout(left):
                    await self._next()
            except TimeoutError:
                return

    async def wander(self, until: float, chance: random.Random) -> None:
        """Open one page after another until a moment; one that never comes whole is a lost update."""
        while time.monotonic() < until:
            name = chance.choice(NAMES)
            try:
                await self.open(name)
            except TimeoutError:
                self.lost.append(name)
            await self.stay(chance.uniform(*THINKS))


def said(message: ForwardMsg) -> str:
    """Return the words of a heading or a text that a message brings."""
    element = message.delta.new_element
    return element.heading.body + element.markdown.body + "\n"


def run(_: Path) -> Iterator[Row]:
    """Let the visitors in, count, and let them come and go for half an hour."""
    with serving() as (url, pid):
        yield from asyncio.run(measured(url, pid))


async def measured(url: str, pid: int) -> list[Row]:
    """Return the rows."""
    await warmed(url)
    alone = settled(pid)
    visitors = await crowd(url, VISITORS, WATCHING, SPELL)
    waits = [wait for visitor in visitors for wait in visitor.waits]
    lost = [what for visitor in visitors for what in visitor.lost]
    beside = f"{len(waits)} switches in {SPELL} s, median {median(waits):.2f} s; {WATCHING} others watch a run"
    late = quantiles(waits, n=20)[-1]
    each = (settled(pid) - alone) / VISITORS
    sent = sum(visitor.bytes for visitor in visitors) / len(waits) / 1000
    rows = [
        Row(f"{VISITORS} visitors: 95 % of page switches within", late, "s", beside, 1.5),
        Row(f"{VISITORS} visitors: updates lost", len(lost), "", "; ".join(sorted(set(lost)))[:200], 0),
        Row(f"{VISITORS} visitors: memory a session", each, "MB", f"{alone:.0f} MB with all pages warm", 30),
        Row(f"{VISITORS} visitors: bytes a switch", sent, "kB", "with what repeats by itself meanwhile"),
    ]
    for visitor in visitors:
        await visitor.__aexit__()
    return [*rows, await churned(url, pid)]


async def warmed(url: str) -> None:
    """Wait until the server answers, and open every page once."""
    await answers(url)
    async with Visitor(url) as first:
        for name in NAMES:
            await first.open(name)


async def crowd(url: str, count: int, watching: int, seconds: float) -> list[Visitor]:
    """Let visitors in, some of whom watch a run and the others wander, and return them when their time is over."""
    visitors = [Visitor(url) for _ in range(count)]
    async with asyncio.TaskGroup() as entering:
        for visitor in visitors:
            entering.create_task(visitor.__aenter__())
    until = time.monotonic() + seconds
    async with asyncio.TaskGroup() as group:
        for number, visitor in enumerate(visitors):
            chance = random.Random(number)
            group.create_task(watch(visitor, until) if number < watching else visitor.wander(until, chance))
    return visitors


async def watch(visitor: Visitor, until: float) -> None:
    """Look at one run for the whole time."""
    await visitor.open(*WATCHED)
    await visitor.stay(until - time.monotonic())


async def churned(url: str, pid: int) -> Row:
    """Let visitors come, look at a few pages and go, and weigh the server before the second half and after it."""
    end, weights, chance = time.monotonic() + CHURN, [], random.Random(1)
    for half in (end - CHURN / 2, end):
        while time.monotonic() < half:
            async with Visitor(url) as one:
                await one.wander(time.monotonic() + 2 * THINKS[1], chance)
        weights.append(resident(pid))
    beside = (
        f"{weights[0]:.0f} MB half way, {weights[1]:.0f} MB after {CHURN / 60:.0f} minutes of visitors who come and go"
    )
    return Row("growth of the server in the second half of the churn", weights[1] - weights[0], "MB", beside, 30)


async def answers(url: str) -> None:
    """Wait until the server answers."""
    for _ in range(600):
        try:
            async with Visitor(url):
                return
        except OSError:
            await asyncio.sleep(0.1)
    raise TimeoutError(url)
