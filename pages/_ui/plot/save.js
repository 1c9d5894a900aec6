/* Saving: a picture as PNG or SVG in the page's own fonts, and the numbers behind it as CSV. */
const FINE = 2; // pixels of a file for one of the page

/* Gives what a picture shows as a file: the picture itself, or the numbers behind it. */
async function save(box, frame, state, format) {
  const name = state.save.name;
  const { clientWidth: width, clientHeight: height } = box;
  if (format !== "csv") {
    const figure = { data: box.data, layout: { ...box.layout, paper_bgcolor: state.background } };
    const bare = await window.Plotly.toImage(figure, { format: "svg", width, height, imageDataOnly: true });
    const drawn = await withFonts(bare);
    return give(format === "svg" ? drawn : await asPng(drawn, width, height), `${name}.${format}`);
  }
  const answer = await fetch(state.got.replace("/parcels/", "/tables/") + ".csv").catch(() => ({}));
  const note = frame.querySelector(".gargalo-plot-gone");
  note.hidden = Boolean(answer.ok);
  note.textContent = note.hidden ? "" : state.save.words.gone;
  if (!answer.ok) return;
  give(await answer.blob(), `${name}.csv`);
}

function give(content, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

/* Returns an SVG as a file that holds the page's fonts which it names: alone it would be drawn in the reader's own. */
async function withFonts(svg) {
  const rules = [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules]);
  const named = rules.filter((rule) => rule instanceof CSSFontFaceRule && svg.includes(rule.style.fontFamily.replace(/["']/g, "")));
  const faces = await Promise.all(
    named.map(async (rule) => {
      const [whole, address] = rule.style.getPropertyValue("src").match(/url\("?([^")]+)"?\)/);
      const font = await (await fetch(new URL(address, rule.parentStyleSheet.href ?? location.href))).blob();
      return rule.cssText.replace(whole, `url("${await asAddress(font)}")`);
    }),
  );
  const style = `<style>${faces.join("\n")}</style>`;
  return new Blob([svg.replace(/<svg[^>]*>/, (begin) => begin + style)], { type: "image/svg+xml" });
}

const asAddress = (blob) =>
  new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.readAsDataURL(blob);
  });

async function asPng(svg, width, height) {
  const image = new Image();
  image.src = await asAddress(svg);
  await image.decode();
  const canvas = new OffscreenCanvas(FINE * width, FINE * height);
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas.convertToBlob();
}

/* Fills the menu of ways to save; the words and the name may change with the page's language and run. */
function offer(box, frame, state) {
  const menu = frame.querySelector(".gargalo-plot-save");
  const { words } = state.save;
  const summary = menu.querySelector("summary");
  summary.title = words.label;
  summary.setAttribute("aria-label", words.label);
  for (const button of menu.querySelectorAll("button")) {
    const format = button.value;
    button.setAttribute("aria-label", words[format]);
    button.title = words[format];
    button.onclick = () => save(box, frame, state, format).catch(console.error);
  }
}
