// Two pictures of the same thing with a curtain between them, and a close-up of every one at the pointer's place.
const ZOOMED = 28; // pixels of a picture along the side of a close-up

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".gargalo-curtain");
  const find = (name) => root.querySelector(name);
  const [stage, rail, lens] = [find(".stage"), find(".rail"), find(".lens")];
  const state = (root.state ??= { at: 50, place: [0.68, 0.5], left: data.left, right: data.right });
  if (root.pictures !== data.pictures.length) Object.assign(state, { left: data.left, right: data.right });
  root.pictures = data.pictures.length;

  stage.style.setProperty("--width", `${Math.max(2 * data.width, 480)}px`);
  rail.setAttribute("aria-label", data.words.rail);
  find(".under").alt = data.alt;

  const closeUps = data.pictures.map((picture, i) => {
    const button = document.createElement("button");
    button.className = "close-up";
    button.type = "button";
    const patch = document.createElement("span");
    patch.className = "patch";
    patch.style.backgroundImage = `url(${picture.src})`;
    const [name, note] = [document.createElement("b"), document.createElement("small")];
    name.textContent = picture.name;
    note.textContent = picture.note;
    button.append(patch, name, note);
    button.title = data.words.choose;
    button.onclick = () => {
      // The side that was chosen longer ago gives way.
      if (i !== state.left && i !== state.right) [state.left, state.right] = state.last === "left" ? [state.left, i] : [i, state.right];
      state.last = state.last === "left" ? "right" : "left";
      draw();
    };
    return button;
  });
  find(".close-ups").replaceChildren(...closeUps);

  function draw() {
    const [left, right] = [data.pictures[state.left], data.pictures[state.right]];
    if (find(".under").src !== left.src) find(".under").src = left.src;
    if (find(".over").src !== right.src) find(".over").src = right.src;
    find(".name.left").textContent = left.name;
    find(".name.right").textContent = right.name;
    root.style.setProperty("--at", `${state.at}%`);
    rail.setAttribute("aria-valuenow", Math.round(state.at));
    rail.setAttribute("aria-valuetext", `${left.name} ${Math.round(state.at)} % · ${right.name}`);
    closeUps.forEach((button, i) => button.setAttribute("aria-pressed", i === state.left || i === state.right));
    magnify();
  }

  function magnify() {
    const share = [Math.min(ZOOMED / data.width, 1), Math.min(ZOOMED / data.height, 1)];
    const corner = state.place.map((p, i) => Math.min(Math.max(p - share[i] / 2, 0), 1 - share[i]));
    Object.assign(lens.style, {
      left: `${100 * corner[0]}%`, top: `${100 * corner[1]}%`, width: `${100 * share[0]}%`, height: `${100 * share[1]}%`,
    });
    for (const button of closeUps) {
      const patch = button.firstChild;
      patch.style.backgroundSize = `${100 / share[0]}% ${100 / share[1]}%`;
      patch.style.backgroundPosition = corner.map((c, i) => `${share[i] < 1 ? (100 * c) / (1 - share[i]) : 0}%`).join(" ");
    }
  }

  const shareOf = (event) => {
    const box = stage.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height].map((p) => Math.min(Math.max(p, 0), 1));
  };
  stage.onpointermove = (event) => {
    state.place = shareOf(event);
    magnify();
  };
  stage.onpointerdown = stage.onpointermove;
  rail.onpointerdown = (event) => {
    rail.setPointerCapture(event.pointerId);
    rail.focus({ preventScroll: true });
    event.preventDefault();
  };
  rail.onpointermove = (event) => {
    if (!rail.hasPointerCapture(event.pointerId)) return;
    state.at = 100 * shareOf(event)[0];
    draw();
  };
  rail.onkeydown = (event) => {
    const step = { ArrowLeft: -2, ArrowRight: 2, ArrowDown: -2, ArrowUp: 2, PageDown: -10, PageUp: 10, Home: -100, End: 100 }[event.key];
    if (!step) return;
    state.at = Math.min(Math.max(state.at + step, 0), 100);
    event.preventDefault();
    draw();
  };
  draw();
}
