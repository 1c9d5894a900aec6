const HEIGHT = 420; // pixels, of a figure that has no aspect of its own
const PAGE = 660; // pixels, the width of a figure on paper
const { figures, shared, palettes } = JSON.parse(document.getElementById("data").textContent);
const dark = matchMedia("(prefers-color-scheme: dark)");

/* Plotly is packed in this file; a browser that can't unpack it shows the words alone. */
async function loaded() {
  const packed = Uint8Array.from(atob(document.getElementById("plotly").textContent), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const script = document.createElement("script");
  script.textContent = await new Response(stream).text();
  document.head.append(script);
  return window.Plotly;
}

/* What both languages have stands in the file once. */
const whole = (tree) => {
  if (typeof tree === "string") return shared[tree] ?? tree;
  if (Array.isArray(tree)) return tree.map(whole);
  return tree && typeof tree === "object" ? Object.fromEntries(Object.entries(tree).map(([name, one]) => [name, whole(one)])) : tree;
};

function draw(plot, paper) {
  const language = plot.closest("article").dataset.language;
  const colours = palettes[dark.matches && !paper ? "dark" : "light"];
  const text = JSON.stringify(whole(figures[language][plot.dataset.figure]));
  const { data, layout } = JSON.parse(text.replace(/var\(--([a-z0-9-]+)\)/g, (_, role) => colours[role]));
  const width = paper ? PAGE : plot.clientWidth;
  const aspect = Number(plot.dataset.aspect);
  const height = aspect ? width / aspect : HEIGHT;
  const title = (layout.title?.text ?? "").split("<br>")[0];
  if (title) layout.title.font = { size: Math.max(13, Math.min(17, (1.75 * width) / title.length)) };
  if (layout.showlegend && layout.legend?.y < 0) Object.assign(layout.legend, { y: -50 / (height - 120) });
  return Plotly.react(plot, data, { ...layout, width, height, dragmode: false }, { displayModeBar: false, showTips: false });
}

const ready = loaded().then(() => document.fonts.ready).catch(console.error);
const visible = () => document.querySelectorAll("article:not([hidden]) .plot");
const all = (paper = false) => ready.then(() => visible().forEach((plot) => draw(plot, paper)));

function show(language) {
  for (const article of document.querySelectorAll("article")) article.hidden = article.dataset.language !== language;
  for (const button of document.querySelectorAll("nav button")) button.setAttribute("aria-pressed", button.value === language);
  document.documentElement.lang = language.replace("_", "-");
  all();
}

for (const button of document.querySelectorAll("nav button")) button.onclick = () => show(button.value);
dark.onchange = () => all();
let before = innerWidth;
addEventListener("resize", () => before !== innerWidth && ((before = innerWidth), all()));
addEventListener("beforeprint", () => window.Plotly && visible().forEach((plot) => draw(plot, true)));
addEventListener("afterprint", () => all());
const wished = navigator.language.startsWith("pt") ? "pt_BR" : "en";
show(wished);
