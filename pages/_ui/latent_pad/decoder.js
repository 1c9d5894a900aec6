/* A decoder in the browser: unpacked from bytes, run in plain loops, painted on a canvas. */

/* [length of the header: uint32][header: JSON][numbers: float32 …] */
function unpack(bytes) {
  const whole = bytes.buffer;
  const [length] = new Uint32Array(whole, 0, 1);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(whole, 4, length)));
  let at = 4 + length;
  const take = (count) => {
    at += 4 * count;
    return new Float32Array(whole, at - 4 * count, count);
  };
  const decode = decoder(header, take);
  const { count, pair } = header;
  return { ...header, decode, points: take(count * pair.length), off: take(count), labels: take(count) };
}

/* From a code to a picture; the array that comes back is overwritten by the next call. */
function decoder({ layers, link }, take) {
  const steps = layers.map((layer) => (STEPS[layer.kind] ?? activation)(layer, take));
  if (link === "sigmoid") steps.push(activation({ kind: link }));
  return (z) => steps.reduce((h, step) => step(h), Float32Array.from(z));
}

const ACTIVATIONS = {
  relu: (a) => (a > 0 ? a : 0),
  sigmoid: (a) => 1 / (1 + Math.exp(-a)),
  silu: (a) => a / (1 + Math.exp(-a)),
  tanh: Math.tanh,
};

function activation({ kind }) {
  const f = ACTIVATIONS[kind];
  return (h) => {
    for (let i = 0; i < h.length; i++) h[i] = f(h[i]);
    return h;
  };
}

const STEPS = {
  linear({ into, out }, take) {
    const [weight, bias, y] = [take(into * out), take(out), new Float32Array(out)];
    return (h) => {
      for (let i = 0, at = 0; i < out; i++) {
        let sum = bias[i];
        for (let j = 0; j < into; j++) sum += weight[at++] * h[j];
        y[i] = sum;
      }
      return y;
    };
  },

  /* Every value of the input paints the kernel, weighted, into the output. */
  conv_transpose({ into, out, height, width, tall, wide, kernel, stride, padding }, take) {
    const [weight, bias] = [take(into * out * kernel * kernel), take(out)];
    const y = new Float32Array(out * tall * wide);
    return (h) => {
      for (let o = 0; o < out; o++) y.fill(bias[o], o * tall * wide, (o + 1) * tall * wide);
      for (let c = 0, w = 0; c < into; c++)
        for (let o = 0; o < out; o++)
          for (let ky = 0; ky < kernel; ky++)
            for (let kx = 0; kx < kernel; kx++, w++)
              for (let row = 0; row < height; row++) {
                const below = row * stride + ky - padding;
                if (below < 0 || below >= tall) continue;
                const [from, to] = [(c * height + row) * width, (o * tall + below) * wide];
                for (let column = 0; column < width; column++) {
                  const right = column * stride + kx - padding;
                  if (right >= 0 && right < wide) y[to + right] += weight[w] * h[from + column];
                }
              }
      return y;
    };
  },
};

/* A picture on a canvas of its own size, grey or in three colours. */
function paint(canvas, x, { shape, scale, shift }) {
  const [height, width] = shape.slice(-2);
  if (canvas.image?.width !== width || canvas.image.height !== height) {
    [canvas.width, canvas.height] = [width, height];
    canvas.image = new ImageData(width, height);
  }
  const image = canvas.image;
  const area = width * height;
  for (let i = 0; i < area; i++)
    for (let c = 0; c < 3; c++) image.data[4 * i + c] = 255 * (x[shape.length === 3 ? c * area + i : i] * scale + shift);
  for (let i = 0; i < area; i++) image.data[4 * i + 3] = 255;
  canvas.getContext("2d").putImageData(image, 0, 0);
}

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
const filled = (sentence, blanks) => sentence.replace(/{(\w+)}/g, (_, name) => blanks[name]);

function writer(language) {
  const format = new Intl.NumberFormat(language, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  return (value) => format.format(value).replace(/^-0([.,]0+)$/, "0$1").replace("-", "−");
}
