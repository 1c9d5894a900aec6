/* Moving many points: what is drawn follows the hand as it stands, and is drawn anew where it is let go. */
const HEAVY = 20000; // points that can't be drawn anew at every move where no graphics card helps

const isHeavy = (data) => data.reduce((sum, trace) => sum + (trace.type === "scattergl" ? trace.x.length : 0), 0) > HEAVY;

/* Once a picture. */
function carry(box, frame, state) {
  box.addEventListener("pointerdown", (event) => {
    if (!state.carried || event.button || !event.target.closest(".nsewdrag")) return;
    const stop = new AbortController();
    const hand = { dx: 0, dy: 0, parts: movable(box, frame) };
    frame.querySelector(".gargalo-plot-card").hidden = true;
    const on = (name, act) => addEventListener(name, act, { signal: stop.signal });
    on("pointermove", (now) => {
      [hand.dx, hand.dy] = [now.clientX - event.clientX, now.clientY - event.clientY];
      hand.asked ??= requestAnimationFrame(() => {
        hand.asked = undefined;
        if (!hand.done) move(box, hand);
      });
    });
    const end = async () => {
      stop.abort();
      hand.done = true;
      if (hand.dx || hand.dy) await Plotly.relayout(box, seenAt(box, hand)).catch(console.error);
      for (const { node } of hand.parts) node.style.translate = node.style.clipPath = node.style.visibility = "";
    };
    on("pointerup", end);
    on("pointercancel", end);
  });
}

/* What lies in the plane, what along one axis alone, and where the middle of that is. */
function movable(box, frame) {
  const around = box.getBoundingClientRect();
  const all = (names, along) =>
    [...frame.querySelectorAll(names)].map((node) => {
      const { left, top, width, height } = node.getBoundingClientRect();
      return { node, along, x: left + width / 2 - around.left, y: top + height / 2 - around.top };
    });
  return [
    ...all(".gl-container canvas, .gargalo-plot-thumbs", "plane"),
    ...all(".annotation", "xy"),
    ...all(".xtick, .gridlayer .xgrid", "x"),
    ...all(".ytick, .gridlayer .ygrid", "y"),
  ];
}

function move(box, { dx, dy, parts }) {
  const { xaxis, yaxis } = box._fullLayout;
  const [left, top] = [xaxis._offset, yaxis._offset];
  const [right, bottom] = [box.clientWidth - left - xaxis._length, box.clientHeight - top - yaxis._length];
  const within = (at, from, axis) => at >= from && at <= from + axis._length;
  for (const { node, along, x, y } of parts) {
    const by = { x: along === "y" ? 0 : dx, y: along === "x" ? 0 : dy };
    node.style.translate = `${by.x}px ${by.y}px`;
    if (along === "plane") {
      node.style.clipPath = `inset(${top - dy}px ${right + dx}px ${bottom + dy}px ${left - dx}px)`;
      continue;
    }
    const seen = (along === "y" || within(x + dx, left, xaxis)) && (along === "x" || within(y + dy, top, yaxis));
    node.style.visibility = seen ? "" : "hidden";
  }
}

/* The ranges of the axes once the plane has been moved. */
function seenAt(box, { dx, dy }) {
  const { xaxis, yaxis } = box._fullLayout;
  return {
    "xaxis.range": [xaxis.p2d(-dx), xaxis.p2d(xaxis._length - dx)],
    "yaxis.range": [yaxis.p2d(yaxis._length - dy), yaxis.p2d(-dy)],
  };
}
