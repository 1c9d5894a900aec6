// Molecules drawn by the server; names and notes are text, whatever they hold.
export default function ({ data, parentElement }) {
  const figures = data.map(({ svg, label, name, note }) => {
    const [figure, picture, caption] = ["figure", "div", "figcaption"].map((tag) => document.createElement(tag));
    picture.setAttribute("role", "img");
    picture.setAttribute("aria-label", label);
    picture.title = label;
    if (svg) picture.append(new DOMParser().parseFromString(svg, "image/svg+xml").documentElement);
    for (const [tag, text] of [["b", name], ["small", note]]) {
      if (!text) continue;
      const line = document.createElement(tag);
      line.textContent = text;
      caption.append(line);
    }
    figure.append(picture, caption);
    return figure;
  });
  parentElement.querySelector(".gargalo-structures").replaceChildren(...figures);
}
