const SOURCE = "/assets/plotly.min.js";
const AHEAD = 2000; // milliseconds after a move in which the slider through time is before the server
const ROOM = 180; // pixels of height that a picture keeps above its legend, however many rows that has
const NAME = 17; // pixels that a name along an axis takes, however it is turned
const BELOW = 50; // pixels from a picture to the legend below it, for the numbers and the words of its axis

/* Where the slider through time stands, and which plots follow it, the highest on the page first. */
const travel = (window.gargaloTravel ??= (() => {
  const slider = ".st-key-travel input[type=range]";
  const followed = new Set();
  let moved = -Infinity;
  new MutationObserver((changes) => {
    for (const { target } of changes) {
      if (!target.matches(slider)) continue;
      moved = performance.now();
      const tops = new Map([...followed].map((plot) => [plot, plot.box.getBoundingClientRect().top]));
      for (const plot of [...followed].sort((a, b) => tops.get(a) - tops.get(b))) plot.follow(Number(target.value));
    }
  }).observe(document.body, { subtree: true, attributes: true, attributeFilter: ["aria-valuetext"] });
  const ahead = () => performance.now() - moved < AHEAD && document.querySelector(slider)?.value;
  return { followed, place: (said) => ahead() || said };
})());

function loadPlotly() {
  window.gargaloPlotly ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = SOURCE;
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => {
      window.gargaloPlotly = undefined;
      reject(new Error(SOURCE));
    };
    document.head.append(script);
  });
  return window.gargaloPlotly;
}

/* Made once a picture: Plotly begins anew, zoom lost, when it meets other settings. */
function settings(state, words, coarse) {
  return {
    displaylogo: false,
    displayModeBar: coarse || words.aspect ? false : "hover",
    doubleClick: "reset",
    locale: "words",
    locales: { words: { dictionary: { "Reset axes": words.reset ?? "↺" }, format: {} } },
    modeBarButtons: [[state.flat === false ? "resetCameraDefault3d" : "resetScale2d"]],
    scrollZoom: Boolean(state.cloud),
    showTips: false,
  };
}

/* Lets no letters be smaller than the page says: a talk is read from afar. */
function enlarge(box, layout) {
  const least = Number(getComputedStyle(box).getPropertyValue("--plot-least"));
  for (const its of [...(layout.annotations ?? []), layout.legend, layout.xaxis, layout.yaxis]) {
    for (const font of [its?.font, its?.tickfont]) if (font?.size < least) font.size = least;
  }
}

/* Leaves out names along an axis that has no room for all of them: each second, each third. */
function thin(layout) {
  const { tickvals, ticktext } = layout.xaxis ?? {};
  if (!Array.isArray(tickvals) || !ticktext) return;
  const every = Math.ceil((tickvals.length * NAME) / (layout.width - (layout.margin?.l ?? 60) - 20));
  const kept = (_, i) => i % every === 0;
  Object.assign(layout.xaxis, { tickvals: tickvals.filter(kept), ticktext: ticktext.filter(kept) });
}

/* A legend's place is a share of a height that it itself takes its rows from: ask again until it stays. */
async function lower(Plotly, box, state) {
  const room = Number(getComputedStyle(box).getPropertyValue("--plot-room")) || ROOM;
  const lacking = room - box._fullLayout._size.h;
  if (lacking > 0) {
    state.taller = [box.clientWidth, box.clientHeight + lacking];
    box.style.height = `${state.taller[1]}px`;
    await Plotly.relayout(box, { height: state.taller[1] });
  }
  for (let round = 0; round < 4; round++) {
    const height = box._fullLayout._size.h;
    const y = -BELOW / height;
    if (Math.abs(y - box.layout.legend.y) * height < 2) return;
    state.below = y;
    await Plotly.relayout(box, { "legend.y": y });
  }
}

async function draw(box, frame, state) {
  const Plotly = await loadPlotly();
  if (state.address !== state.got) {
    const wanted = state.address;
    let answer = await parcel(wanted);
    // A promise that has been forgotten: what the server said last is as true.
    if (!answer.ok && wanted !== state.said) answer = await parcel(state.said);
    if (!answer.ok) return; // it gave way to newer ones, or the server is away: the picture stays
    [state.text, state.got] = [await answer.text(), wanted];
  }
  if (!box.isConnected || !box.clientWidth) return;
  if (state.taller && state.taller[0] !== box.clientWidth) [box.style.height, state.taller] = ["", undefined];
  const colours = palette(box);
  const drawn = [state.text, box.clientWidth, box.clientHeight, colours.background].join();
  if (drawn === state.looks && !state.cloud) return;
  state.looks = drawn;
  const painted = state.text.replace(/var\(--([a-z0-9-]+)\)/g, (_, role) => colours[role]);
  const { data, layout } = JSON.parse(painted);
  const words = layout.meta ?? {};
  layout.width = box.clientWidth;
  layout.height = box.clientHeight;
  thin(layout);
  enlarge(box, layout);
  const title = (layout.title?.text ?? "").split("<br>")[0];
  if (title) layout.title.font = { size: Math.max(13, Math.min(17, (1.75 * layout.width) / title.length)) };
  const coarse = matchMedia("(pointer: coarse)").matches;
  layout.dragmode = coarse || words.aspect ? false : (layout.dragmode ?? "zoom");
  const flat = state.flat;
  if (state.cloud) gather(data, layout, frame, state);
  lookAt(layout, state);
  if (flat !== state.flat) state.config = undefined;
  state.colours = `${state.text.length} ${colours.background}`;
  state.background = colours.background;
  if (!state.config || state.language !== words.reset) state.config = settings(state, words, coarse);
  state.language = words.reset;
  const below = layout.showlegend && layout.legend?.y < 0;
  if (below) layout.legend.y = state.below ?? layout.legend.y;
  await Plotly.react(box, data, layout, state.config);
  if (!state.home) await watchLook(Plotly, box, data, layout, state);
  remember(box, state.home, state.look);
  if (below) await lower(Plotly, box, state);
  frame.querySelector("[value=csv]").hidden = data.every((trace) => trace.type === "image");
  if (state.cloud) tools(box, frame, state, () => ask(box, frame, state));
  if (!state.cloud || state.listening) return;
  state.listening = true;
  listen(box, frame, state);
  paintThumbs(box, frame, state);
}

/* Draws soon, and once more after that if something changed meanwhile; never two at a time. */
function ask(box, frame, state) {
  if (state.asked) return;
  state.asked = true;
  whenSeen(box, !state.got, async () => {
    await state.drawing;
    state.asked = false;
    if (state.held) state.missed = true;
    if (state.held || state.gone) return;
    state.drawing = draw(box, frame, state).catch((problem) => {
      if (state.gone) return;
      console.error(problem);
      box.textContent = state.alt;
      box.classList.add("gargalo-plot-failed");
    });
  });
}

/* The place under the pointer in the coordinates of the axes; none outside of them. */
function place(box, event) {
  const { xaxis, yaxis } = box._fullLayout ?? {};
  if (!xaxis || !yaxis) return;
  const around = box.getBoundingClientRect();
  const [x, y] = [event.clientX - around.left - xaxis._offset, event.clientY - around.top - yaxis._offset];
  if (x >= 0 && y >= 0 && x < xaxis._length && y < yaxis._length) return [xaxis.p2d(x), yaxis.p2d(y)];
}

export default function ({ data, parentElement, setTriggerValue }) {
  const frame = parentElement.querySelector(".gargalo-plot");
  frame.hidden = Boolean(data.parts);
  if (data.parts) {
    const all = [loadPlotly, ...data.parts.map((part) => () => import(part))];
    (window.requestIdleCallback ?? setTimeout)(() => all.forEach((load) => load().catch(() => {})));
    return;
  }
  const box = frame.querySelector(".gargalo-plot-box");
  const state = (frame.plotState ??= {});

  frame.setAttribute("aria-label", data.alt);
  frame.style.setProperty("--plot-height", `${data.height}px`);
  frame.classList.toggle("has-aspect", Boolean(data.aspect));
  if (data.aspect) frame.style.setProperty("--plot-aspect", data.aspect);
  frame.classList.toggle("takes-clicks", data.clicks);
  state.clicked = (at) => data.clicks && at && setTriggerValue("clicked", at);
  state.tell = setTriggerValue;
  state.alt = data.alt;
  /* While the slider through time is ahead of the server, what it says is of the past. */
  state.said = data.figure;
  state.moments = data.moments?.addresses;
  state.address = state.moments?.[travel.place(data.moments.at)] ?? data.figure;
  state.cloud = data.cloud;
  state.save = data.save;
  offer(box, frame, state);
  frame.querySelector(".gargalo-plot-tools").hidden = !state.cloud;
  const { seen, ...rest } = data;
  const before = [state.rest, (state.rest = JSON.stringify(rest))];
  if (bringLook(state, seen) || before[0] !== before[1]) ask(box, frame, state);

  if (!state.watching) {
    const again = () => ask(box, frame, state);
    const follow = (place) => {
      const { top, bottom } = box.getBoundingClientRect();
      const address = state.moments?.[place];
      if (!address || address === state.address || bottom < 0 || top > innerHeight) return;
      state.address = address;
      again();
    };
    const plot = { box, follow };
    travel.followed.add(plot);
    const size = new ResizeObserver(again);
    size.observe(box);
    /* A redraw would tear a half drawn zoom rectangle out of the hand. */
    const hold = () => (state.held = true);
    const release = () => {
      if (state.held && state.missed) setTimeout(again, 60);
      state.held = state.missed = false;
    };
    box.addEventListener("pointerdown", hold, true);
    addEventListener("pointerup", release);
    addEventListener("pointercancel", release);
    box.addEventListener("click", (event) => state.clicked(place(box, event)), true);
    frame.addEventListener("transitionend", (event) => event.target === frame && again());
    state.watching = () => {
      size.disconnect();
      travel.followed.delete(plot);
      removeEventListener("pointerup", release);
      removeEventListener("pointercancel", release);
      frame.plotState = undefined;
      /* A drawing under way still needs what a purge takes from it. */
      state.gone = true;
      Promise.resolve(state.drawing).then(() => frame.plotState || window.Plotly?.purge(box));
    };
  }
  return state.watching;
}
