/* Goes through a talk by keys, clicker, touch and mouse; the server follows, and says where a link leads. */
const TEXT = "input:not([type=range], [type=checkbox], [type=radio], [type=button]), textarea, select, [contenteditable=true]";
const ARROWED = `${TEXT}, input[type=range], input[type=radio], [role=slider], [role=radio], [role=listbox], [role=combobox]`;
const PRESSED = "button, a, summary, [role=button], [role=checkbox], input";
const HELD = `${ARROWED}, .gargalo-clicker, .gargalo-curtain, .gargalo-plot.takes-clicks, audio`;
const SWIPE = 60; // pixels sideways, and twice as many as up or down
const AHEAD = 2000; // milliseconds after a step in which the browser knows better than the server where it is
const PICTURE = 14; // pixels of the page's letters at which a picture is drawn as it is

function wanted(event, at, last) {
  if (event.altKey || event.ctrlKey || event.metaKey || event.defaultPrevented) return;
  const target = event.target.closest?.bind(event.target) ?? (() => null);
  if (target(TEXT)) return;
  /* Clickers send these two, whatever has the focus. */
  if (event.key === "PageDown") return at + 1;
  if (event.key === "PageUp") return at - 1;
  if (target(ARROWED)) return;
  if (event.key === "ArrowRight" || event.key === "ArrowDown") return at + 1;
  if (event.key === "ArrowLeft" || event.key === "ArrowUp") return at - 1;
  if (event.key === "Home") return 0;
  if (event.key === "End") return last;
  if (event.key === " " && !target(PRESSED)) return event.shiftKey ? at - 1 : at + 1;
}

function show(bar, state) {
  const { stops, words, titles } = state.data;
  const [screen] = stops[state.at];
  bar.setAttribute("aria-label", words.role);
  for (const name of ["back", "on", "leave", "whole"]) {
    const button = bar.querySelector(`.${name}`);
    button.title = words[name];
    button.setAttribute("aria-label", words[name]);
  }
  bar.querySelector(".back").disabled = state.at === 0;
  bar.querySelector(".on").disabled = state.at === stops.length - 1;
  bar.querySelector(".whole").hidden = !document.fullscreenEnabled;
  bar.querySelector(".count").textContent = `${screen + 1} / ${titles.length}`;
  const marks = bar.querySelector(".marks");
  if (marks.children.length !== titles.length) {
    marks.replaceChildren(
      ...titles.map((_, i) => {
        const item = document.createElement("li");
        const button = document.createElement("button");
        button.type = "button";
        button.addEventListener("click", () => state.go(state.data.stops.findIndex(([one]) => one === i)));
        item.append(button);
        return item;
      }),
    );
  }
  [...marks.children].forEach((item, i) => {
    item.className = i <= screen ? "seen" : "";
    const button = item.firstChild;
    button.title = `${i + 1} · ${titles[i]}`;
    button.setAttribute("aria-label", button.title);
    if (i === screen) button.setAttribute("aria-current", "step");
    else button.removeAttribute("aria-current");
  });
}

/* Pictures grow with the letters, and take the room that is left below the words. */
function fit(bar) {
  const root = document.documentElement;
  const zoom = parseFloat(getComputedStyle(root).fontSize) / PICTURE;
  root.style.setProperty("--gargalo-zoom", zoom);
  const main = document.querySelector("[data-testid=stMain]");
  const picture = main?.querySelector(".gargalo-plot-box");
  if (!picture) return;
  const top = picture.getBoundingClientRect().top + main.scrollTop;
  const room = Math.max(innerHeight - bar.offsetHeight - top - 8, innerHeight / 3.5);
  root.style.setProperty("--gargalo-room", `${Math.round(room / zoom)}px`);
}

function listen(bar, state) {
  const ended = new AbortController();
  const on = (target, name, react, more) => target.addEventListener(name, react, { signal: ended.signal, ...more });
  on(document, "keydown", (event) => {
    if (event.key === "Escape" && !event.target.closest?.(TEXT)) state.leave();
    const place = wanted(event, state.at, state.data.stops.length - 1);
    if (place === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    state.go(place);
  }, { capture: true });
  /* What was used by hand gives the keys back to the talk; who came by keyboard keeps the focus. */
  on(document, "pointerup", () => setTimeout(() => {
    const focused = document.activeElement;
    if (focused && focused !== document.body && !focused.matches(TEXT) && !focused.matches(":focus-visible")) focused.blur();
    if (focused?.matches("input[type=range]")) focused.blur();
  }));
  let begun;
  on(document, "touchstart", (event) => {
    const { clientX: x, clientY: y } = event.touches[0];
    begun = event.touches.length > 1 || event.target.closest(HELD) ? undefined : [x, y];
  }, { passive: true });
  on(document, "touchend", (event) => {
    if (!begun) return;
    const { clientX, clientY } = event.changedTouches[0];
    const [across, along] = [clientX - begun[0], clientY - begun[1]];
    if (Math.abs(across) > SWIPE && Math.abs(across) > 2 * Math.abs(along)) state.go(state.at - Math.sign(across));
  }, { passive: true });
  on(bar.querySelector(".back"), "click", () => state.go(state.at - 1));
  on(bar.querySelector(".on"), "click", () => state.go(state.at + 1));
  on(bar.querySelector(".leave"), "click", () => state.leave());
  on(bar.querySelector(".whole"), "click", () =>
    document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen(),
  );
  const again = () => fit(bar);
  const words = new ResizeObserver(again);
  words.observe(document.querySelector("[data-testid=stMainBlockContainer]"));
  on(window, "resize", again);
  again();
  return () => {
    ended.abort();
    words.disconnect();
    for (const name of ["zoom", "room"]) document.documentElement.style.removeProperty(`--gargalo-${name}`);
    bar.clickerState = undefined;
  };
}

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  const bar = parentElement.querySelector(".gargalo-clicker");
  const state = (bar.clickerState ??= { at: data.at, moved: -Infinity, count: 0 });
  state.data = data;
  if (performance.now() - state.moved > AHEAD) state.at = data.at;
  state.at = Math.min(state.at, data.stops.length - 1);
  state.go = (place) => {
    if (place < 0 || place >= state.data.stops.length || place === state.at) return;
    [state.at, state.moved] = [place, performance.now()];
    show(bar, state);
    document.querySelector("[data-testid=stMain]")?.scrollTo(0, 0);
    setStateValue("place", [place, ++state.count]);
  };
  state.leave = () => setTriggerValue("left", true);
  show(bar, state);
  state.end ??= listen(bar, state);
  return state.end;
}
