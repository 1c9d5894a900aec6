/* Clouds: figures whose points know their rows. Selecting, pictures for points, and a card under the pointer. */
const MOST_SVG = 3000;
const THUMB = 26;
const GL = new Set(["scattergl", "scatter3d"]);

function unpacked(array) {
  if (!array?.bdata) return array ?? [];
  const bytes = Uint8Array.from(atob(array.bdata), (letter) => letter.charCodeAt(0));
  const kind = { f4: Float32Array, f8: Float64Array, i4: Int32Array, i2: Int16Array, i1: Int8Array, u1: Uint8Array }[array.dtype];
  return new kind(bytes.buffer);
}

function hasWebgl() {
  window.gargaloWebgl ??= Boolean(document.createElement("canvas").getContext("webgl"));
  return window.gargaloWebgl;
}

/* Every k-th point as plain SVG, a third dimension left out; returns how many of how many. */
function withoutWebgl(data, layout) {
  const total = data.reduce((sum, trace) => sum + trace.x.length, 0);
  const every = Math.max(1, Math.ceil(total / MOST_SVG));
  const thin = (array) => array.filter((_, i) => i % every === 0);
  for (const trace of data) {
    trace.type = "scatter";
    delete trace.z;
    for (const name of ["x", "y", "customdata"]) trace[name] = thin(trace[name]);
    if (trace.marker.colorscale) trace.marker.color = thin(trace.marker.color);
  }
  for (const axis of layout.scene ? ["xaxis", "yaxis"] : []) layout[axis] = { title: layout.scene[axis].title };
  delete layout.scene;
  return [data.reduce((sum, trace) => sum + trace.x.length, 0), total];
}

/* Makes a figure ready to be drawn as a cloud. */
function gather(data, layout, frame, state) {
  for (const trace of data) {
    for (const name of ["x", "y", "z", "customdata"]) if (trace[name]) trace[name] = unpacked(trace[name]);
    if (trace.marker.colorscale) trace.marker.color = unpacked(trace.marker.color);
  }
  const gl = data.some((trace) => GL.has(trace.type));
  const note = frame.querySelector(".gargalo-plot-note");
  note.hidden = !gl || hasWebgl();
  if (!note.hidden) {
    const [drawn, total] = withoutWebgl(data, layout);
    note.textContent = state.cloud.words.no_webgl.replace("#drawn", drawn).replace("#total", total);
  }
  state.flat = !layout.scene;
  layout.selections = [];
  layout.selectionrevision = state.drawn = (state.drawn ?? 0) + 1;
  layout.dragmode = state.flat ? (state.drag ?? layout.dragmode) : undefined;
  state.carried = layout.dragmode === "pan" && isHeavy(data);
  if (state.carried) layout.dragmode = false;
  frame.classList.toggle("is-carried", state.carried);
  choose(state);
  mark(data, state);
  frame.classList.toggle("is-flat", state.flat);
}

/* Takes over what a link says is selected, once. */
function choose(state) {
  const linked = String(state.cloud.chosen);
  if (linked && state.linked !== linked) state.chosen = new Set(state.cloud.chosen);
  state.linked = linked;
}

/* Says in each trace which of its points are chosen; none at all shows them all alike. */
function mark(data, state) {
  const chosen = state.chosen?.size ? state.chosen : undefined;
  for (const trace of data) {
    if (trace.type === "scatter3d") continue;
    trace.selectedpoints = chosen && [...trace.customdata.keys()].filter((i) => chosen.has(trace.customdata[i]));
  }
}

const rowOf = (point) => point.data.customdata[point.pointNumber];

/* Once a picture: what its points answer to. */
function listen(box, frame, state) {
  box.on("plotly_selected", (event) => {
    /* A redraw tells of a selection too, one without a place. */
    if (!event?.range && !event?.lassoPoints) return;
    state.chosen = new Set(event.points.map(rowOf));
    state.tell("selected", [...state.chosen]);
  });
  box.on("plotly_deselect", () => clear(state));
  box.on("plotly_click", (event) => event.points?.length && state.tell("point", rowOf(event.points[0])));
  box.on("plotly_hover", (event) => showCard(box, frame, state, event));
  box.on("plotly_unhover", () => (frame.querySelector(".gargalo-plot-card").hidden = true));
  carry(box, frame, state);
  for (const moved of ["plotly_afterplot", "plotly_relayouting"]) box.on(moved, () => paintThumbs(box, frame, state));
}

function clear(state) {
  if (!state.chosen?.size) return;
  state.chosen = new Set();
  state.tell("selected", []);
}

function showCard(box, frame, state, event) {
  const point = event.points?.[0];
  const card = frame.querySelector(".gargalo-plot-card");
  if (!point || point.data?.customdata === undefined) return;
  const row = rowOf(point);
  const [image, text] = [card.querySelector("img"), card.querySelector("span")];
  image.hidden = !state.cloud.card;
  if (state.cloud.card) image.src = `${state.cloud.card}${row}.png`;
  image.alt = "";
  const { words } = state.cloud;
  const numbers = new Intl.NumberFormat(words.language.replace("_", "-"), { maximumSignificantDigits: 3 });
  const { marker, name } = point.data;
  const value = marker.colorscale ? numbers.format(marker.color[point.pointNumber]).replace("-", "−") : name;
  text.textContent = [words.row.replace("#row", row), value && words.value.replace("#value", value)].filter(Boolean).join(" · ");
  card.hidden = false;
  const around = box.getBoundingClientRect();
  const at = point.bbox ?? { x0: event.event.clientX - around.left, y0: event.event.clientY - around.top };
  const left = at.x0 + 20 + card.offsetWidth > box.clientWidth ? at.x0 - 20 - card.offsetWidth : at.x0 + 20;
  card.style.left = `${Math.max(0, left)}px`;
  card.style.top = `${Math.max(0, Math.min(at.y0 - card.offsetHeight / 2, box.clientHeight - card.offsetHeight))}px`;
}

/* One image of many small pictures, each in the colour of its point where they are white on black. */
async function atlas(box, state, url) {
  const { columns, width, height, mask } = state.cloud.pictures;
  const image = new Image();
  image.src = url;
  await image.decode();
  const canvas = new OffscreenCanvas(image.width, image.height);
  const pen = canvas.getContext("2d");
  pen.drawImage(image, 0, 0);
  if (mask) {
    const text = getComputedStyle(box).getPropertyValue("--st-text-color");
    const colours = new Map();
    for (const trace of box.data) {
      const colour = trace.marker.colorscale ? text : trace.marker.color;
      for (const row of trace.customdata) colours.set(row, colour);
    }
    pen.globalCompositeOperation = "source-atop";
    for (const [row, colour] of colours) {
      if (row >= state.cloud.pictures.count) continue;
      pen.fillStyle = colour;
      pen.fillRect((row % columns) * width, Math.floor(row / columns) * height, width, height);
    }
  }
  return canvas;
}

/* Pictures in place of points, as many as find room side by side; more of them the nearer one looks. */
async function paintThumbs(box, frame, state) {
  const canvas = frame.querySelector(".gargalo-plot-thumbs");
  const on = Boolean(state.thumbs && state.flat && state.cloud.pictures);
  frame.classList.toggle("has-thumbs", on);
  canvas.hidden = !on;
  if (!on) return;
  const { atlas: url, columns, width, height, count } = state.cloud.pictures;
  const dress = `${url} ${state.colours}`;
  if (state.dress !== dress) {
    state.dress = dress;
    state.atlas = atlas(box, state, url).catch(() => undefined);
  }
  const tiles = await state.atlas;
  const { xaxis, yaxis } = box._fullLayout ?? {};
  if (!tiles || !xaxis || canvas.hidden) return;
  const dense = window.devicePixelRatio;
  canvas.width = box.clientWidth * dense;
  canvas.height = box.clientHeight * dense;
  const pen = canvas.getContext("2d");
  pen.scale(dense, dense);
  pen.imageSmoothingEnabled = width > THUMB;
  const taken = new Set();
  const side = THUMB * Math.max(width, height);
  const [w, h] = [(THUMB * width) / (side / THUMB), (THUMB * height) / (side / THUMB)];
  const places = box.data.flatMap((trace, t) =>
    box._fullData[t].visible === true ? [...trace.customdata.keys()].map((i) => [trace.customdata[i], trace.x[i], trace.y[i]]) : [],
  );
  /* In the order of the rows, so that the same ones stay while one looks around. */
  places.sort((one, other) => one[0] - other[0]);
  for (const [row, x, y] of places) {
    if (row >= count) break;
    const [left, top] = [xaxis.d2p(x), yaxis.d2p(y)];
    if (left < 0 || top < 0 || left > xaxis._length || top > yaxis._length) continue;
    const cell = `${Math.round(left / THUMB)} ${Math.round(top / THUMB)}`;
    if (taken.has(cell)) continue;
    taken.add(cell);
    const [u, v] = [(row % columns) * width, Math.floor(row / columns) * height];
    pen.globalAlpha = state.chosen?.size && !state.chosen.has(row) ? 0.15 : 1;
    pen.drawImage(tiles, u, v, width, height, xaxis._offset + left - w / 2, yaxis._offset + top - h / 2, w, h);
  }
}

/* The buttons over a cloud: what dragging does, and pictures for points. */
function tools(box, frame, state, again) {
  const bar = frame.querySelector(".gargalo-plot-tools");
  bar.hidden = !state.flat;
  const { words, pictures } = state.cloud;
  bar.setAttribute("aria-label", words.tools);
  const button = (name, pressed, act, shown = true) => {
    const made = bar.querySelector(`[data-tool=${name}]`) ?? document.createElement("button");
    if (!made.isConnected) bar.append(made);
    made.type = "button";
    made.dataset.tool = name;
    made.textContent = words[name];
    made.hidden = !shown;
    made.setAttribute("aria-pressed", pressed);
    made.onclick = () => {
      act();
      tools(box, frame, state, again);
      again();
    };
  };
  for (const drag of ["pan", "select", "lasso"]) {
    button(drag, (state.drag ?? "pan") === drag, () => (state.drag = drag));
  }
  frame.classList.toggle("is-held", Boolean(state.drag));
  button("clear", false, () => clear(state));
  button("thumbs", Boolean(state.thumbs), () => (state.thumbs = !state.thumbs), Boolean(pictures));
}
