/* Parcels: what a message names by its address only is got when it is to be seen. */
const HIDDEN = 1500; // milliseconds for which what is off the screen may be old
const AROUND = "200px"; // what is about to come onto the screen counts as on it

/* Works at the next frame on the screen; off it at first when the browser has time, later on after a while. */
function whenSeen(box, first, work) {
  const { top, bottom } = box.getBoundingClientRect();
  if (bottom > 0 && top < innerHeight) return requestAnimationFrame(work);
  if (first) return window.requestIdleCallback ? requestIdleCallback(work, { timeout: 500 }) : setTimeout(work, 100);
  const begin = () => {
    clearTimeout(late);
    near.disconnect();
    work();
  };
  const late = setTimeout(begin, HIDDEN);
  const near = new IntersectionObserver((seen) => seen.some((one) => one.isIntersecting) && begin(), { rootMargin: AROUND });
  near.observe(box);
}

/* Calls back with the parcel at an address once the box is to be seen, unless another was asked for meanwhile. */
function receive(box, state, address, unpacked) {
  if (state.address === address) return;
  const first = !state.address;
  state.address = address;
  if (state.waiting) return;
  state.waiting = true;
  whenSeen(box, first, async () => {
    state.waiting = false;
    const wanted = state.address;
    const answer = await fetch(wanted).catch(() => ({}));
    const bytes = answer.ok && new Uint8Array(await answer.arrayBuffer());
    if (bytes && state.address === wanted && !state.gone) unpacked(bytes);
  });
}
