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

/* Gets a parcel; from a server that is away, nothing that is ok. */
const parcel = (address) => fetch(address).catch(() => ({}));

/* Calls back with the parcel at the latest address once the box is to be seen; one at a time, however slow the way is. */
function receive(box, state, address, unpacked) {
  [state.address, state.unpacked] = [address, unpacked];
  if (state.waiting || state.got === address) return;
  state.waiting = true;
  whenSeen(box, !state.got, async () => {
    const wanted = state.address;
    const answer = await parcel(wanted);
    const bytes = answer.ok && new Uint8Array(await answer.arrayBuffer());
    state.waiting = false;
    if (!bytes || state.gone) return;
    state.got = wanted;
    state.unpacked(bytes);
    receive(box, state, state.address, state.unpacked);
  });
}
