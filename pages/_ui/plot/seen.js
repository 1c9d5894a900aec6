/* What is seen of a picture, how far it is zoomed and from where it is looked at: kept through every redraw, which
   Plotly does only for what was done by its own means, and told to the server, so that links say it. */
const AXIS = /^[xy]axis\d*$/;
const SCENE = /^scene\d*$/;
const CAMERA = ["eye", "center", "up"];
const SEEN = 6; // digits of a number in a link

/* As xaxis_0_1.5~scene_… with the three times three numbers of a camera: nothing that a link would have to escape. */
function writeLook(parts) {
  const number = (value) => String(Number(Number(value).toPrecision(SEEN)));
  return Object.entries(parts)
    .map(([part, numbers]) => [part, ...numbers.map(number)].join("_"))
    .join("~");
}

function readLook(text) {
  const found = {};
  for (const [part, ...said] of text.split("~").map((one) => one.split("_"))) {
    const numbers = said.map(Number);
    const whole = said.length && said.every((one) => one !== "") && numbers.every(Number.isFinite);
    const axis = AXIS.test(part) && numbers.length === 2 && numbers[0] !== numbers[1];
    if (whole && (axis || (SCENE.test(part) && numbers.length === 9))) found[part] = numbers;
  }
  return found;
}

/* Takes over what a link says, if the picture did not say it itself; returns whether it did. */
function bringLook(state, text) {
  const own = (state.own ??= new Set([""]));
  if (own.has(text)) return false;
  own.add(text);
  [state.look, state.looks] = [readLook(text), undefined];
  return true;
}

/* Puts what is seen into a layout that is about to be drawn; another plane has nothing of it. */
function lookAt(layout, state) {
  const plane = layout.uirevision;
  if (state.plane !== undefined && state.plane !== plane) tellLook(state, {});
  state.plane = plane;
  // The first time the picture is drawn as it is: that is what the way back leads to.
  for (const [part, numbers] of Object.entries((state.home && state.look) || {})) {
    if (!layout[part]) continue;
    if (AXIS.test(part)) Object.assign(layout[part], { range: [...numbers], autorange: false });
    else layout[part].camera = camera(numbers);
  }
}

const camera = (numbers) =>
  Object.fromEntries(CAMERA.map((part, i) => [part, { x: numbers[3 * i], y: numbers[3 * i + 1], z: numbers[3 * i + 2] }]));
const ofCamera = (its) => CAMERA.flatMap((part) => [its[part].x, its[part].y, its[part].z]);
const alike = (some, others) => some.every((one, i) => Math.abs(one - others[i]) < 1e-6 * (1 + Math.abs(one)));

/* What is seen in a part of the picture that can be moved; nothing of the rest. */
function seenIn(box, part) {
  const its = box._fullLayout[part];
  return AXIS.test(part) && its ? [...its.range] : SCENE.test(part) && its ? ofCamera(its.camera) : undefined;
}

/* Remembers what is seen where nobody has moved anything. */
function remember(box, home, look) {
  for (const part of Object.keys(box._fullLayout)) {
    const numbers = !look?.[part] && seenIn(box, part);
    if (numbers) home[part] = numbers;
  }
}

function tellLook(state, look) {
  const [before, text] = [writeLook(state.look ?? {}), writeLook(look)];
  state.look = look;
  state.own.add(text);
  if (text !== before) state.tell("seen", text);
}

/* Once a picture, after it was drawn for the first time: follows what is moved, and goes where a link leads. */
async function watchLook(Plotly, box, data, layout, state) {
  remember(box, (state.home = {}));
  box.on("plotly_relayout", (moved) => {
    const look = { ...state.look };
    for (const name of Object.keys(moved)) {
      const [part, of] = name.split(/[.[]/);
      const numbers = (of === "range" || of === "camera") && seenIn(box, part);
      if (numbers && !alike(numbers, state.home[part] ?? [NaN])) look[part] = numbers;
      else if (numbers || of === "autorange") delete look[part];
    }
    tellLook(state, look);
  });
  if (!state.look) return;
  for (const part of Object.keys(state.look)) if (box._fullLayout[part]) layout[part] ??= {};
  lookAt(layout, state);
  await Plotly.react(box, data, layout, state.config);
}
