// @ts-check
// Places that follow what changes on the server (ui.live): pushed while a stream lives, asked for while none does.

const ASK_MS = 10_000, LISTEN_AGAIN_MS = 60_000;

/** @type {{ swap: (how: { text: string, target: HTMLElement, sourceElement: HTMLElement, swap: string }) => void }} */
const htmx = /** @type {any} */ (window).htmx;

/** @param {HTMLElement} place */
function follow(place) {
  const { live = "", piece = "" } = place.dataset;
  /** @type {EventSource | undefined} */
  let stream;
  /** @type {number | undefined} */
  let asking;
  /** @type {number | undefined} */
  let waiting;

  /** @param {string} text */
  const show = (text) => htmx.swap({ text, target: place, sourceElement: place, swap: "innerMorph" });

  const ask = async () => {
    const answer = await fetch(piece).catch(() => undefined);
    if (!answer || answer.status >= 500 || answer.status === 429) return;
    // Signed out, or no such thing any more: the page itself says it best.
    if (!answer.ok || new URL(answer.url).pathname !== new URL(piece, location.href).pathname) location.reload();
    else show(await answer.text());
  };

  const rest = () => {
    stream?.close();
    clearInterval(asking);
    clearTimeout(waiting);
    asking = undefined;
  };

  const listen = () => {
    rest();
    stream = new EventSource(live);
    const mine = stream;
    mine.addEventListener("open", () => {
      clearInterval(asking);
      asking = undefined;
      place.dataset.follows = "stream";
    });
    mine.addEventListener("message", (event) => show(event.data));
    mine.addEventListener("error", () => {
      place.dataset.follows = "asking";
      asking ??= window.setInterval(ask, ASK_MS);
      // A connection that broke is tried again by the browser; one that was refused is not.
      if (mine.readyState === EventSource.CLOSED) waiting = window.setTimeout(listen, LISTEN_AGAIN_MS);
    });
  };

  // A page nobody sees holds no connection: browsers allow six to one address.
  document.addEventListener("visibilitychange", () => (document.hidden ? rest() : listen()));
  if (!document.hidden) listen();
}

for (const place of document.querySelectorAll("[data-live]")) follow(/** @type {HTMLElement} */ (place));
