// A sheet to draw on: with mouse, finger or pen, or by keys. Strokes are sent when they end, as whole thousandths of the side.
const SIDE = 1000;
const NEAR = 6; // thousandths within which a further point says nothing new
const STEP = 40; // thousandths that an arrow key moves the pen
const MOST = 400; // points of a stroke that are sent

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".gargalo-canvas");
  const [sheet, undo, clear] = ["canvas", ".undo", ".clear"].map((name) => root.querySelector(name));
  const pen = sheet.getContext("2d");
  const state = (root.state ??= { strokes: [], stroke: null, at: [SIDE / 2, SIDE / 2], keys: false });
  sheet.setAttribute("aria-label", data.words.sheet);
  undo.textContent = data.words.undo;
  clear.textContent = data.words.clear;

  function draw() {
    const scale = sheet.width / SIDE;
    pen.fillStyle = "#000";
    pen.fillRect(0, 0, sheet.width, sheet.height);
    [pen.strokeStyle, pen.fillStyle, pen.lineWidth, pen.lineCap, pen.lineJoin] = ["#fff", "#fff", data.pen * scale, "round", "round"];
    for (const stroke of state.stroke ? [...state.strokes, state.stroke] : state.strokes) {
      pen.beginPath();
      pen.moveTo(stroke[0][0] * scale, stroke[0][1] * scale);
      for (const [x, y] of stroke.length > 1 ? stroke.slice(1) : stroke) pen.lineTo(x * scale, y * scale);
      pen.stroke();
    }
    if (state.keys) {
      const [x, y] = state.at.map((place) => place * scale);
      pen.beginPath();
      pen.arc(x, y, (data.pen * scale) / 2, 0, 2 * Math.PI);
      [pen.strokeStyle, pen.lineWidth] = [state.stroke ? "#fff" : "#999", 2];
      pen.stroke();
    }
    undo.disabled = clear.disabled = !state.strokes.length;
  }

  const send = () => setStateValue("strokes", state.strokes);
  const add = (place) => {
    const [x, y] = place.map((p) => Math.round(Math.min(Math.max(p, 0), SIDE)));
    const last = state.stroke.at(-1);
    if (!last || (Math.hypot(x - last[0], y - last[1]) >= NEAR && state.stroke.length < MOST)) state.stroke.push([x, y]);
  };
  const end = () => {
    if (!state.stroke) return;
    state.strokes.push(state.stroke);
    state.stroke = null;
    draw();
    send();
  };
  const placeOf = (event) => {
    const box = sheet.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * SIDE, ((event.clientY - box.top) / box.height) * SIDE];
  };

  sheet.onpointerdown = (event) => {
    if (state.stroke || event.button > 0) return;
    sheet.setPointerCapture(event.pointerId);
    state.pointer = event.pointerId;
    [state.stroke, state.keys] = [[], false];
    add(placeOf(event));
    draw();
  };
  sheet.onpointermove = (event) => {
    if (!state.stroke || event.pointerId !== state.pointer) return;
    for (const one of event.getCoalescedEvents?.() ?? [event]) add(placeOf(one));
    draw();
  };
  sheet.onpointerup = sheet.onpointercancel = (event) => event.pointerId === state.pointer && end();

  sheet.onkeydown = (event) => {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (way) {
      state.at = state.at.map((place, i) => Math.min(Math.max(place + STEP * way[i], 0), SIDE));
      if (state.stroke) add(state.at);
    } else if (event.key === " " || event.key === "Enter") {
      if (state.stroke) end();
      else {
        state.stroke = [];
        add(state.at);
      }
    } else if (event.key === "Backspace" && !undo.disabled) undo.onclick();
    else return;
    state.keys = true;
    event.preventDefault();
    draw();
  };
  sheet.onblur = () => {
    state.keys = false;
    end();
    draw();
  };
  undo.onclick = () => {
    state.strokes.pop();
    draw();
    send();
  };
  clear.onclick = () => {
    state.strokes = [];
    draw();
    send();
  };
  draw();
}
