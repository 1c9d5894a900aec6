/* The colours of the theme that is on the screen, known by the one behind the element. */
const PALETTES = /* palettes */ {};

function palette(element) {
  const colour = getComputedStyle(element).getPropertyValue("--st-background-color").trim();
  const probe = document.createElement("canvas").getContext("2d");
  probe.fillStyle = colour || "#fff";
  const [r, g, b] = probe.fillStyle.match(/[0-9a-f]{2}/gi).map((two) => parseInt(two, 16));
  return PALETTES[0.2126 * r + 0.7152 * g + 0.0722 * b < 128 ? "dark" : "light"];
}
