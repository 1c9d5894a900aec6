function row(state, i) {
  const [label, name, output, input] = ["label", "span", "output", "input"].map((tag) => document.createElement(tag));
  Object.assign(input, { type: "range", step: "any" });
  input.addEventListener("input", () => {
    state.z[i] = input.valueAsNumber;
    ask(state);
  });
  input.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    input.value = input.valueAsNumber + (step * (input.max - input.min)) / (event.shiftKey ? 10 : 60);
    input.dispatchEvent(new Event("input"));
  });
  label.append(name, output, input);
  return { i, label, name, output, input };
}

function ask(state) {
  state.asked ??= requestAnimationFrame(() => {
    state.asked = undefined;
    draw(state);
  });
}

function draw(state) {
  const { pad, z } = state;
  paint(state.picture, pad.decode(z), pad);
  for (const { i, input, output } of state.rows) {
    input.value = z[i];
    input.style.setProperty("--share", `${(100 * (input.value - input.min)) / (input.max - input.min)}%`);
    output.textContent = state.write(z[i]);
    input.setAttribute("aria-valuetext", state.write(z[i]));
  }
  state.box.dataset.z = Array.from(z, (value) => +value.toPrecision(7)).join(" ");
}

export default function ({ data, parentElement }) {
  const frame = parentElement.querySelector(".gargalo-pad");
  const box = frame.querySelector(".gargalo-sliders");
  const state = (frame.padState ??= { box, picture: frame.querySelector("canvas"), rows: [] });
  receive(frame, state, data, (bytes) => take(frame, box, state, bytes));
}

function take(frame, box, state, bytes) {
  const pad = (state.pad = unpack(bytes));
  state.write = writer(pad.language);

  /* What was set stays through a refresh; another beginning begins anew. */
  const start = pad.z.join(" ");
  if (state.start !== start) state.z = Float32Array.from(pad.z);
  state.start = start;

  /* Under a hand nothing changes its place. */
  const kept = box.contains(document.activeElement) && state.rows.every(({ i }) => pad.pair.includes(i));
  if (!kept && String(state.rows.map(({ i }) => i)) !== String(pad.pair)) {
    state.rows = pad.pair.map((i) => row(state, i));
    box.replaceChildren(...state.rows.map(({ label }) => label));
  }
  for (const { i, name, input } of state.rows) {
    const at = pad.pair.indexOf(i);
    name.textContent = pad.axes[at];
    [input.min, input.max] = pad.spans[at];
  }
  state.picture.setAttribute("aria-label", pad.words.picture);
  frame.querySelector(".gargalo-pad-near").textContent = pad.words.range;
  const back = frame.querySelector("button");
  back.textContent = pad.words.back;
  back.onclick = () => {
    state.z = Float32Array.from(state.pad.z);
    ask(state);
  };
  box.decode = (z) => pad.decode(z).slice();
  draw(state);
}
