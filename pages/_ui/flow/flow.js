// Draws one input on its way through an autoencoder. All numbers come from the model; nothing is computed here.
const SVG = "http://www.w3.org/2000/svg";

const make = (name, attributes, parent, text) => {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  parent.appendChild(node);
  return node;
};

const pixels = (base64) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));

function painted(base64, side) {
  const grey = pixels(base64);
  const canvas = document.createElement("canvas");
  canvas.width = side;
  canvas.height = grey.length / side;
  const image = new ImageData(canvas.width, canvas.height);
  grey.forEach((value, i) => image.data.set([value, value, value, 255], 4 * i));
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}

// Along the flow and across it, so that one drawing serves a wide screen and an upright one.
function layout(upright, columns, code) {
  const [long, broad, middle] = upright ? [900, 380, 190] : [1000, 450, 215];
  const picture = upright ? 120 : 150;
  const first = upright ? 190 : 235;
  const last = long - first;
  const spread = (upright ? 300 : 330);
  const along = (i) => first + ((last - first) * i) / (columns.length - 1);
  const extent = (i) => spread * (i === code ? 0.42 : 0.5 + 0.5 * (Math.abs(i - code) / code));
  const place = (t, s) => (upright ? [s, t] : [t, s]);
  const unit = (i, j) => {
    const step = extent(i) / columns[i].length;
    return place(along(i), middle - extent(i) / 2 + step * (j + 0.5));
  };
  return { upright, long, broad, middle, picture, first, last, along, extent, place, unit };
}

function draw(svg, flow, words, upright) {
  const at = layout(upright, flow.columns, flow.code);
  svg.replaceChildren();
  svg.setAttribute("viewBox", upright ? "0 0 380 900" : "0 0 1000 450");
  svg.setAttribute("aria-label", flow.alt);
  const far = at.long - at.picture / 2 - 22;
  const near = at.picture / 2 + 22;
  links(svg, flow, at, near, far);
  picture(svg, flow.x, flow.side, at.place(near, at.middle), at.picture);
  picture(svg, flow.x_hat, flow.side, at.place(far, at.middle), at.picture);
  flow.columns.forEach((column, i) => (i === flow.code ? bars(svg, flow, at) : cells(svg, column, i, at)));
  labels(svg, flow, words, at, near, far);
}

function picture(svg, base64, side, [x, y], size) {
  const frame = { x: x - size / 2, y: y - size / 2, width: size, height: size };
  make("image", { ...frame, href: painted(base64, side).toDataURL(), style: "image-rendering: pixelated" }, svg);
  make("rect", { ...frame, class: "frame" }, svg);
}

function cells(svg, column, i, at) {
  const step = at.extent(i) / column.length;
  const [thick, thin] = [16, Math.max(step - 1, 2)];
  column.forEach((value, j) => {
    const [x, y] = at.unit(i, j);
    const [width, height] = at.upright ? [thin, thick] : [thick, thin];
    const box = { x: x - width / 2, y: y - height / 2, width, height };
    make("rect", { ...box, fill: "currentColor", "fill-opacity": 0.08 }, svg);
    make("rect", { ...box, class: `cell ${value < 0 ? "below" : "above"}`, "fill-opacity": Math.abs(value) }, svg);
  });
}

function bars(svg, flow, at) {
  const column = flow.columns[flow.code];
  const step = at.extent(flow.code) / column.length;
  const reach = 30;
  const [a, b] = [0, column.length - 1].map((j) => at.unit(flow.code, j));
  make("line", { x1: a[0], y1: a[1] - (at.upright ? 0 : step / 2), x2: b[0], y2: b[1] + (at.upright ? 0 : step / 2), class: "axis" }, svg);
  column.forEach((value, j) => {
    const [x, y] = at.unit(flow.code, j);
    const length = Math.max(Math.abs(value) * reach, 1);
    const from = value < 0 ? -length : 0;
    const box = at.upright
      ? { x: x - step * 0.35, y: y + (value < 0 ? 0 : -length), width: step * 0.7, height: length }
      : { x: x + from, y: y - step * 0.35, width: length, height: step * 0.7 };
    const bar = make("rect", { ...box, class: `cell ${value < 0 ? "below" : "above"}` }, svg);
    make("title", {}, bar, `h${j + 1} = ${flow.values[j]}`);
  });
}

function links(svg, flow, at, near, far) {
  const edge = at.picture / 2;
  const ends = [
    ...fan(flow.columns[0], (j) => [at.place(near + edge, at.middle + (j / flow.columns[0].length - 0.5) * at.picture), at.unit(0, j)]),
    ...flow.links.flatMap((strongest, i) =>
      strongest.map(([from, to, share]) => ({ i: i + 1, share, ends: [at.unit(i, from), at.unit(i + 1, to)] }))),
    ...fan(flow.columns.at(-1), (j) => [at.unit(flow.columns.length - 1, j), at.place(far - edge, at.middle + (j / flow.columns.at(-1).length - 0.5) * at.picture)], flow.columns.length),
  ];
  for (const { i, share, ends: [[x1, y1], [x2, y2]] } of ends) {
    const bend = at.upright
      ? `C${x1} ${(y1 + y2) / 2} ${x2} ${(y1 + y2) / 2} ${x2} ${y2}`
      : `C${(x1 + x2) / 2} ${y1} ${(x1 + x2) / 2} ${y2} ${x2} ${y2}`;
    const sign = share < 0 ? "below" : "above";
    const d = `M${x1} ${y1}${bend}`;
    make("path", { d, class: `link ${sign}`, "stroke-opacity": 0.06 + 0.4 * Math.abs(share), style: "fill: none" }, svg);
    if (Math.abs(share) > 0.35) {
      make("path", { d, pathLength: 1, class: `pulse ${sign}`, style: `fill: none; animation-delay: ${i * 0.32}s` }, svg);
    }
  }
}

const fan = (column, ends, i = 0) => column.map((value, j) => ({ i, share: 0.7 * value, ends: ends(j) }));

function labels(svg, flow, words, at, near, far) {
  const code = at.along(flow.code);
  const put = (t, s, text, kind, anchor = "middle") => {
    const [x, y] = at.place(t, s);
    return make("text", { x, y, "text-anchor": anchor, class: kind }, svg, text);
  };
  const density = (t, s, name, of, anchor) => {
    const text = put(t, s, "p", "formula", anchor);
    make("tspan", { dy: 6, "font-size": 14 }, text, name);
    make("tspan", { dy: -6 }, text, of);
  };
  if (at.upright) {
    put(near - 64, at.middle + 72, "x", "formula", "start");
    put(near - 42, at.middle + 72, words.input, "quiet", "start");
    put(at.along(1) - 46, 8, words.encoder, "", "start");
    density(at.along(1) - 24, 8, words.p_encoder, "(h | x)", "start");
    put(code - 24, 8, words.bottleneck, "", "start");
    put(code + 2, 8, "h = f(x)", "formula", "start");
    put(at.along(3) + 30, 8, words.decoder, "", "start");
    density(at.along(3) + 52, 8, words.p_decoder, "(x | h)", "start");
    put(far - 42, at.middle + 72, "x̂ = g(h)", "formula", "start");
    put(far - 20, at.middle + 72, words.output, "quiet", "start");
    put(far + 20, at.middle + 72, "L(x, g(f(x)))", "formula", "start");
    put(far + 42, at.middle + 72, `= ${flow.error}`, "formula", "start");
    return;
  }
  const under = at.middle + at.picture / 2;
  put(near, under + 28, "x", "formula");
  put(near, under + 50, words.input, "quiet");
  put(far, under + 28, "x̂ = g(h)", "formula");
  put(far, under + 50, words.output, "quiet");
  put(at.along(0.5), 26, words.encoder, "");
  density(at.along(0.5), at.middle + 190, words.p_encoder, "(h | x)");
  put(code, 96, words.bottleneck, "");
  put(code, at.middle + 108, "h = f(x)", "formula");
  put(at.along(flow.columns.length - 1.5), 26, words.decoder, "");
  density(at.along(flow.columns.length - 1.5), at.middle + 190, words.p_decoder, "(x | h)");
  make("path", { d: `M${near} ${under + 60}V436H${far}V${under + 60}`, class: "arc" }, svg);
  const back = make("text", { x: at.long / 2, y: 430, "text-anchor": "middle", class: "formula" }, svg);
  back.textContent = `L(x, g(f(x))) = ${flow.error}`;
}

function choices(box, flows, words, choose) {
  box.setAttribute("aria-label", words.choose);
  box.replaceChildren(...flows.map((flow, i) => {
    const button = document.createElement("button");
    button.type = "button";
    button.setAttribute("role", "radio");
    button.setAttribute("aria-label", `${words.choose}: ${i + 1}`);
    button.appendChild(painted(flow.x, flow.side));
    button.onclick = () => choose(i);
    button.onkeydown = (event) => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      choose((i + step + flows.length) % flows.length, true);
    };
    return button;
  }));
}

export default function ({ data, parentElement }) {
  const figure = parentElement.querySelector(".gargalo-flow");
  const [svg, box] = [figure.querySelector("svg"), figure.querySelector(".choices")];
  const state = (figure.gargalo ??= { chosen: 0 });

  const show = () => {
    const upright = figure.clientWidth < 600;
    figure.classList.toggle("upright", upright);
    state.upright = upright;
    draw(svg, data.flows[state.chosen], data.words, upright);
    [...box.children].forEach((button, i) => {
      button.setAttribute("aria-checked", i === state.chosen);
      button.tabIndex = i === state.chosen ? 0 : -1;
    });
  };
  choices(box, data.flows, data.words, (i, focus) => {
    state.chosen = i;
    show();
    if (focus) box.children[i].focus();
  });
  show();
  state.watcher?.disconnect();
  state.watcher = new ResizeObserver(() => {
    if (figure.clientWidth < 600 !== state.upright) show();
  });
  state.watcher.observe(figure);
}
