const RINGS = [1, 2]; // standard deviations of the prior
const LENS = 76; // pixels that the picture at the pointer takes
const TILE = 30; // pixels of a picture of the map, about
const TAP = 6; // pixels that a tap or a click may stray
const SLICE = 7; // milliseconds of a frame in which the map may be decoded
const LAP = [13, 17]; // seconds after which a place that drifts is back, sideways and upwards
const REACH = 0.3; // how far it drifts from the middle, in sides of the plane

/* From a place in the plane, 0 to 1 from the lower left corner, to a code, and back. */
const codeOf = (pad, [x, y]) => {
  const z = Float32Array.from(pad.z);
  pad.pair.forEach((i, axis) => (z[i] = pad.spans[axis][0] + [x, y][axis] * (pad.spans[axis][1] - pad.spans[axis][0])));
  return z;
};
const placeOf = (pad, z) =>
  [0, 1].map((axis) => {
    if (axis >= pad.pair.length) return 0.5;
    const [low, high] = pad.spans[axis];
    return clamp((z[pad.pair[axis]] - low) / (high - low), 0, 1);
  });

/* Where held-out codes are drawn; of a single latent each class has a line of its own. */
function scattered(pad) {
  return Array.from({ length: pad.count }, (_, i) => {
    const [x, y] = [0, 1].map((axis) => {
      if (axis >= pad.pair.length) return (0.5 + (pad.labels[i] < 0 ? 0 : pad.labels[i])) / Math.max(pad.classes, 1);
      const [low, high] = pad.spans[axis];
      return (pad.points[i * pad.pair.length + axis] - low) / (high - low);
    });
    return [x, pad.pair.length === 2 ? y : 0.16 + 0.62 * y];
  });
}

function medians(pad) {
  const middle = (values) => values.sort((a, b) => a - b)[values.length >> 1];
  return Array.from({ length: pad.classes }, (_, label) => {
    const of = pad.places.filter((_, i) => pad.labels[i] === label);
    return of.length && { label, at: [middle(of.map(([x]) => x)), middle(of.map(([, y]) => y))] };
  }).filter(Boolean);
}

/* Push words apart until none covers another: each two that do, the way that takes the shorter push. */
function apart(words, width, height) {
  const room = [width, height];
  const at = words.map((word) => [word.at[0] * width, (1 - word.at[1]) * height]);
  for (let round = 0; round < 400; round++) {
    const push = at.map(() => [0, 0]);
    for (let i = 0; i < words.length; i++)
      for (let j = 0; j < words.length; j++) {
        const gap = [0, 1].map((axis) => at[i][axis] - at[j][axis]);
        const lacks = gap.map((one, axis) => (words[i].box[axis] + words[j].box[axis]) / 2 - Math.abs(one));
        if (i === j || Math.min(...lacks) < 1e-3) continue;
        const axis = lacks[0] < lacks[1] ? 0 : 1;
        push[i][axis] += (Math.sign(gap[axis] || i - j) * lacks[axis]) / 2;
      }
    if (!push.flat().some(Boolean)) break;
    at.forEach((place, i) => {
      const half = words[i].box.map((side) => side / 2);
      for (const axis of [0, 1]) place[axis] = clamp(place[axis] + push[i][axis], half[axis], room[axis] - half[axis]);
    });
  }
  return words.map((word, i) => ({ ...word, x: at[i][0], y: at[i][1] }));
}

function pen(canvas, box) {
  const scale = devicePixelRatio || 1;
  const [width, height] = [Math.round(box.clientWidth * scale), Math.round(box.clientHeight * scale)];
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  const pen = canvas.getContext("2d");
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  pen.clearRect(0, 0, box.clientWidth, box.clientHeight);
  return pen;
}

/* What stands still under the pointer: the map, the prior, the codes of held-out inputs. */
function drawGround(state) {
  const { pad, parts, map } = state;
  const box = parts.plane;
  const [width, height] = [box.clientWidth, box.clientHeight];
  if (!width) return;
  const draw = pen(parts.ground, box);
  const colours = (state.colours = palette(box));
  const font = getComputedStyle(box).fontFamily;
  const [X, Y] = [(x) => x * width, (y) => (1 - y) * height];
  const pictures = state.pictures && map;
  if (pictures) {
    draw.imageSmoothingEnabled = false;
    draw.drawImage(map, 0, 0, width, height);
  }
  draw.globalAlpha = pictures ? 0.9 : 0.62;
  pad.places.forEach(([x, y], i) => {
    if (x < 0 || x > 1 || y < 0 || y > 1) return;
    draw.fillStyle = pad.labels[i] < 0 ? colours.autoencoder : colours[`label-${pad.labels[i] % 10}`];
    draw.beginPath();
    draw.arc(X(x), Y(y), pictures ? 1.8 : 2.8, 0, 2 * Math.PI);
    draw.fill();
  });
  draw.globalAlpha = 1;
  draw.lineJoin = "round";
  const written = (text, x, y, colour) => {
    [draw.fillStyle, draw.strokeStyle, draw.lineWidth] = [colour, colours.surface, 5];
    draw.strokeText(text, x, y);
    draw.fillText(text, x, y);
  };
  if (pad.gaussian) drawPrior(draw, pad, width, height, pictures ? "#fff" : colours.muted, font, !pictures && written);
  if (pictures) return;
  draw.font = `600 18px ${font}`;
  draw.textAlign = "center";
  draw.textBaseline = "middle";
  const names = (pad.pair.length === 2 ? medians(pad) : []).map(({ label, at }) => {
    const name = pad.names[label];
    return { label, name, at, box: [draw.measureText(name).width + 6, 24] };
  });
  for (const { label, name, x, y } of apart(names, width, height)) written(name, x, y, colours[`label-${label % 10}`]);
}

/* Circles, or of a single latent lines, where the prior ends by one and two standard deviations. */
function drawPrior(draw, pad, width, height, colour, font, written) {
  const plane = pad.pair.length === 2;
  const unit = width / (pad.spans[0][1] - pad.spans[0][0]);
  const [x, y] = [-pad.spans[0][0] * unit, plane ? height / 2 : 0];
  for (const ring of RINGS) {
    [draw.strokeStyle, draw.lineWidth] = [colour, 1];
    draw.setLineDash([4, 4]);
    draw.beginPath();
    if (plane) draw.arc(x, y, ring * unit, 0, 2 * Math.PI);
    else for (const side of [-ring, ring]) draw.rect(x + side * unit, 0, 0, height);
    draw.stroke();
    draw.setLineDash([]);
    draw.font = `13px ${font}`;
    [draw.textAlign, draw.textBaseline] = ["center", "middle"];
    if (written) written(`${ring}σ`, x + ring * unit * (plane ? Math.SQRT1_2 : 1), y + (plane ? -ring * unit * Math.SQRT1_2 : 14), colour);
  }
}

/* Decodes the plane tile by tile, a few milliseconds a frame, beside the map that stands. */
function drawMap(state) {
  cancelAnimationFrame(state.mapping);
  const { pad, parts } = state;
  const [width, height] = [parts.plane.clientWidth, parts.plane.clientHeight];
  if (!state.pictures || !width) return;
  const rows = pad.pair.length === 2 ? Math.max(1, Math.round(height / TILE)) : 1;
  const columns = Math.max(1, Math.round(width / (pad.pair.length === 2 ? TILE : height)));
  const [tall, wide] = pad.shape.slice(-2);
  const [map, tile] = [document.createElement("canvas"), document.createElement("canvas")];
  [map.width, map.height] = [columns * wide, rows * tall];
  let next = 0;
  const some = () => {
    const end = performance.now() + SLICE;
    while (next < rows * columns && performance.now() < end) {
      const [row, column] = [Math.floor(next / columns), next % columns];
      paint(tile, pad.decode(codeOf(pad, [(column + 0.5) / columns, 1 - (row + 0.5) / rows])), pad);
      map.getContext("2d").drawImage(tile, column * wide, row * tall);
      next += 1;
    }
    if (next < rows * columns) return (state.mapping = requestAnimationFrame(some));
    state.map = map;
    drawGround(state);
  };
  state.mapping = requestAnimationFrame(some);
}

/* What follows the pointer. */
function drawOver(state) {
  const { pad, parts } = state;
  const box = parts.plane;
  const [width, height] = [box.clientWidth, box.clientHeight];
  if (!width) return;
  const z = codeOf(pad, state.at);
  paint(parts.picture, pad.decode(z), pad);
  const draw = pen(parts.over, box);
  const colours = (state.colours ??= palette(box)); // looking it up costs more than decoding
  const [x, y] = [state.at[0] * width, (1 - state.at[1]) * height];
  draw.lineWidth = 1;
  draw.globalAlpha = 0.35;
  draw.strokeStyle = colours.text;
  draw.beginPath();
  draw.moveTo(x, 0), draw.lineTo(x, height);
  if (pad.pair.length === 2) draw.moveTo(0, y), draw.lineTo(width, y);
  draw.stroke();
  draw.globalAlpha = 1;
  if (state.pin) {
    const pinned = placeOf(pad, state.pin);
    ring(draw, colours, pinned[0] * width, (1 - pinned[1]) * height, 7);
  }
  const tall = (LENS * pad.shape.at(-2)) / Math.max(...pad.shape.slice(-2));
  const wide = (LENS * pad.shape.at(-1)) / Math.max(...pad.shape.slice(-2));
  // Above the finger; beside it where there is no room above.
  const [left, top] =
    y > tall + 18 ? [x - wide / 2, y - tall - 16] : [x < width / 2 ? x + 20 : x - wide - 20, y - tall / 2];
  const corner = [clamp(left, 2, width - wide - 2), clamp(top, 2, height - tall - 2)];
  draw.imageSmoothingEnabled = false;
  draw.fillStyle = colours.autoencoder;
  draw.fillRect(corner[0] - 2, corner[1] - 2, wide + 4, tall + 4);
  draw.drawImage(parts.picture, ...corner, wide, tall);
  ring(draw, colours, x, y, 4);
  say(state, z);
}

function ring(draw, colours, x, y, radius) {
  draw.beginPath();
  draw.arc(x, y, radius, 0, 2 * Math.PI);
  for (const [colour, width] of [[colours.background, 4], [colours.text, 2]]) {
    [draw.strokeStyle, draw.lineWidth] = [colour, width];
    draw.stroke();
  }
}

function say(state, z) {
  const { pad, parts } = state;
  const place = pad.pair.map((i, axis) => `${pad.latents[axis]} = ${state.write(z[i])}`).join(" · ");
  const label = nearest(pad, z);
  const near = label === undefined ? "" : filled(pad.words.near, { label: pad.names[label] });
  parts.place.textContent = place;
  parts.near.textContent = near;
  parts.plane.setAttribute("aria-valuetext", near ? `${place}; ${near}` : place);
  parts.plane.setAttribute("aria-valuenow", z[pad.pair[0]].toFixed(3));
  parts.plane.dataset.z = Array.from(z, (value) => +value.toPrecision(7)).join(" ");
}

/* The class of the held-out input whose code lies nearest. */
function nearest(pad, z) {
  let [found, least] = [undefined, Infinity];
  const axes = pad.pair.length;
  for (let i = 0; i < pad.count; i++) {
    if (pad.labels[i] < 0) continue;
    let distance = pad.off[i];
    for (let axis = 0; axis < axes; axis++) distance += (pad.points[i * axes + axis] - z[pad.pair[axis]]) ** 2;
    if (distance < least) [found, least] = [pad.labels[i], distance];
  }
  return found;
}

/* At most once a frame, however often the pointer moves. */
function ask(state) {
  state.asked ??= requestAnimationFrame(() => {
    state.asked = undefined;
    drawOver(state);
  });
}

/* Until somebody takes it the place wanders, unless the visitor wants nothing to move by itself. */
function drift(state) {
  if (!state.pad.drifts || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  const middle = placeOf(state.pad, state.pad.z);
  const began = performance.now();
  const move = (now) => {
    if (state.taken || state.gone) return;
    const seconds = (now - began) / 1000;
    state.at = middle.map((share, axis) => clamp(share + REACH * Math.sin((2 * Math.PI * seconds) / LAP[axis]), 0, 1));
    drawOver(state);
    requestAnimationFrame(move);
  };
  requestAnimationFrame(move);
}

function listen(state) {
  const { plane, toggle } = state.parts;
  const stop = new AbortController();
  const on = (node, name, act) => node.addEventListener(name, act, { signal: stop.signal });
  const under = (event) => {
    const box = plane.getBoundingClientRect();
    const along = [(event.clientX - box.left) / box.width, 1 - (event.clientY - box.top) / box.height];
    state.at = along.map((share) => clamp(share, 0, 1));
    ask(state);
  };
  const choose = () => {
    state.pin = codeOf(state.pad, state.at);
    state.chosen(Array.from(state.pin));
    ask(state);
  };
  let down; // where the pointer went down, how far from there it has been, and how far sideways
  const stray = ({ clientX, clientY }) => {
    down.strayed = Math.max(down.strayed, Math.hypot(clientX - down.x, clientY - down.y));
    down.sideways = Math.max(down.sideways, Math.abs(clientX - down.x));
  };
  for (const name of ["pointermove", "pointerdown", "focus"]) on(plane, name, () => (state.taken = true));
  on(plane, "pointermove", (event) => {
    state.over = true;
    if (down) stray(event);
    // A finger that only taps, or is about to scroll, leaves the place alone.
    if (event.pointerType !== "touch" || down?.sideways >= TAP) under(event);
  });
  on(plane, "pointerdown", (event) => {
    plane.setPointerCapture(event.pointerId);
    state.over = true;
    down = { x: event.clientX, y: event.clientY, strayed: 0, sideways: 0 };
    if (event.pointerType !== "touch") under(event);
  });
  on(plane, "pointerup", (event) => {
    under(event);
    if (!down) return;
    stray(event);
    if (event.button === 0 && down.strayed < TAP) choose();
    down = undefined;
  });
  on(plane, "pointercancel", () => (down = undefined));
  on(plane, "pointerleave", (event) => {
    state.over = false;
    // After a finger the place stays, to be looked at.
    if (event.pointerType === "touch") return;
    state.at = placeOf(state.pad, state.pin ?? state.pad.z);
    ask(state);
  });
  on(plane, "keydown", (event) => {
    const step = event.shiftKey ? 0.1 : 0.02;
    const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1] }[event.key];
    if (move && state.pad.pair.length === 1) move[0] = move[0] || move[1];
    if (move) state.at = state.at.map((share, axis) => clamp(share + step * move[axis], 0, 1));
    else if (event.key === "Home") state.at = placeOf(state.pad, state.pad.middle);
    else if (event.key === "Enter" || event.key === " ") choose();
    else return;
    event.preventDefault();
    ask(state);
  });
  on(toggle, "change", () => {
    state.pictures = toggle.checked;
    drawMap(state);
    drawGround(state);
  });
  const all = () => {
    drawGround(state);
    drawMap(state);
    ask(state);
  };
  const size = new ResizeObserver(all);
  size.observe(plane);
  on(state.frame, "transitionend", (event) => event.target === state.frame && all());
  return () => {
    stop.abort();
    size.disconnect();
    cancelAnimationFrame(state.mapping);
  };
}

export default function ({ data, parentElement, setTriggerValue }) {
  const given = performance.now();
  const frame = parentElement.querySelector(".gargalo-pad");
  const find = (name) => frame.querySelector(`.gargalo-pad-${name}`);
  const state = (frame.padState ??= {
    frame,
    parts: {
      plane: find("plane"),
      ground: find("ground"),
      over: find("over"),
      picture: find("picture"),
      place: find("place"),
      near: find("near"),
      toggle: find("map input"),
    },
  });
  state.chosen = (z) => setTriggerValue("clicked", z);
  receive(frame, state, data, (bytes) => take(state, bytes, given));
  return () => {
    state.gone = true;
    state.end?.();
    frame.padState = undefined;
  };
}

/* Takes a model over, its plane and its points, under a pointer that may be there. */
function take(state, bytes, given) {
  const { frame } = state;
  const find = (name) => frame.querySelector(`.gargalo-pad-${name}`);
  const before = state.pad;
  const pad = (state.pad = unpack(bytes));
  pad.places = scattered(pad);
  state.write = writer(pad.language);

  const { plane, picture } = state.parts;
  plane.classList.toggle("is-line", pad.pair.length === 1);
  plane.setAttribute("aria-label", pad.words.label);
  plane.setAttribute("aria-roledescription", pad.words.role);
  plane.setAttribute("aria-valuemin", pad.spans[0][0]);
  plane.setAttribute("aria-valuemax", pad.spans[0][1]);
  frame.querySelectorAll(".gargalo-pad-axis").forEach((label, axis) => {
    label.hidden = axis >= pad.pair.length;
    label.textContent = axis < pad.pair.length ? pad.axes[axis] : "";
  });
  picture.setAttribute("aria-label", pad.words.picture);
  find("map span").textContent = pad.words.map;

  /* A place in the hand stays, and so does one that was left where nothing is held, while the plane reaches that far. */
  const same = before && String(before.pair) === String(pad.pair) && before.z.length === pad.z.length;
  if (!same || before.held !== pad.held) state.pin = pad.held ? Float32Array.from(pad.z) : undefined;
  const inHand = before && (state.over || document.activeElement === plane);
  const left = same && !before.held && !pad.held && String(state.at) !== String(placeOf(before, before.z));
  const code = left && codeOf({ ...before, z: pad.z }, state.at);
  const within = code && pad.pair.every((i, axis) => pad.spans[axis][0] <= code[i] && code[i] <= pad.spans[axis][1]);
  if (!inHand) state.at = placeOf(pad, within ? code : pad.z);
  if (!same) state.map = undefined;

  plane.decode = (z) => pad.decode(z).slice();
  drawGround(state);
  drawOver(state);
  drawMap(state);
  performance.measure("gargalo-pad-drawn", { start: given });
  if (!state.end) drift(state);
  state.end ??= listen(state);
}
