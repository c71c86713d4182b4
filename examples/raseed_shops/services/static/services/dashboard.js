// The dashboard stays alive while Paymob's page is open in another tab. The payment's own status element is pushed to
// (or polls); when it says that something changed, the balance is fetched. Every five seconds it is fetched anyway
// while a deposit is open and no stream is connected. Without this script the page is right whenever it is loaded.
"use strict";

const EVERY = 5000;
const root = document.querySelector("[data-services]");
const shown = () => root.querySelector("#now");

async function refresh() {
  const answer = await fetch(root.dataset.now, { cache: "no-store" });
  if (!answer.ok || answer.redirected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("#now");
  if (!fresh) return;
  if (fresh.dataset.newest !== shown().dataset.newest) return location.reload(); // a new deposit to watch
  if (fresh.innerHTML === shown().innerHTML) return;
  // The live region stays in the page: only what it says changes, so that screen readers tell it.
  const [said, ...rest] = fresh.children;
  const [region, ...old] = shown().children;
  if (region.innerHTML !== said.innerHTML) region.replaceChildren(...said.childNodes);
  for (const part of old) part.remove();
  shown().append(...rest);
  shown().dataset.status = fresh.dataset.status;
}

const quietly = () => refresh().catch(() => {}); // no network: what is known stays, and we ask again

document.addEventListener("raseed:changed", quietly);
document.addEventListener("visibilitychange", () => document.hidden || quietly());

setInterval(() => {
  const streamed = document.querySelector("[data-raseed-status]")?.dataset.connected === "stream";
  if (shown().dataset.status === "pending" && !streamed) quietly();
}, EVERY);

// The form opens a new tab by itself. Here we wait until the shop knows the deposit, then watch it.
document.querySelector("[data-deposit]")?.addEventListener("submit", () => {
  let left = 40;
  const look = setInterval(async () => {
    left -= 1;
    if (left <= 0) clearInterval(look);
    try {
      const said = await (await fetch(root.dataset.known, { cache: "no-store" })).json();
      if (String(said.newest ?? "") === shown().dataset.newest) return;
      clearInterval(look);
      location.reload();
    } catch {
      // asked again in a moment
    }
  }, 500);
});
