"""The server: `streamlit run app.py`, or any ASGI server with `app:app`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.util import find_spec
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from starlette.responses import FileResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from pages._ui import component, delivery, door, front, mine, parcels, pictures, resources

HERE = Path(__file__).parent
PLOTLY = Path(str(find_spec("plotly").origin)).parent / "package_data" / "plotly.min.js"  # type: ignore[union-attr]


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """Start the warm workers with the server, and let them keep what they have reached at its end."""
    delivery.keep_whole()
    resources.start()
    mine.keep_pruning()
    yield
    resources.stop()


app = st.App(
    HERE / "pages" / "site.py",
    lifespan=lifespan,
    middleware=[Middleware(door.Door), Middleware(front.Front)],
    routes=[
        Route("/assets/plotly.min.js", lambda _: FileResponse(PLOTLY, headers={"Cache-Control": "max-age=86400"})),
        Route("/components/{name}.js", component.answer),
        Route("/parcels/{name}", parcels.answer),
        Route("/tables/{name}.csv", parcels.answer_table),
        Route("/pictures/{key}/{step:int}/{name}.png", pictures.answer),
        Mount(resources.CARDS, StaticFiles(directory=HERE / "assets" / "cards")),
        Mount("/assets/fonts", StaticFiles(directory=HERE / "assets" / "style" / "fonts")),
    ],
)
