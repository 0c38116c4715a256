// Knows the preview beside a list: fetched for the current row, closed with Esc.
import { currentRow, rowLink, setCurrent } from "./rows.js";

const panel = () => document.getElementById("peek");
let asked = 0;
const isOpen = () => Boolean(panel()?.childElementCount);

export function startPeek() {
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
    const opener = event.target.closest("[data-peek]");
    if (opener) {
      event.preventDefault();
      peek(opener.closest("[data-row]"));
    } else if (event.target.closest("[data-peek-close]")) {
      closePeek();
    } else {
      clickRow(event.target);
    }
  });
  document.addEventListener("focusin", (event) => {
    const row = event.target.closest("[data-row]");
    if (row) setCurrent(row);
  });
}

export async function peek(row) {
  const opener = row?.querySelector("[data-peek]");
  if (!opener || !panel()) return;
  setCurrent(row);
  const question = ++asked;
  const answer = await fetch(opener.dataset.peek, { headers: { "HX-Request": "true" } });
  if (question !== asked) return;
  if (!answer.ok || answer.redirected) {
    location.assign(opener.href);
    return;
  }
  panel().innerHTML = await answer.text();
  panel().dataset.shown = opener.dataset.peek;
  globalThis.htmx?.process(panel());
}

export const isShown = (row) => isOpen() && panel().dataset.shown === row.querySelector("[data-peek]")?.dataset.peek;

// True when it was open.
export function closePeek() {
  asked += 1;
  if (!isOpen()) return false;
  panel().replaceChildren();
  rowLink(currentRow() ?? document.body)?.focus({ preventScroll: true });
  return true;
}

// A click on the empty part of a row opens it, or shows it in the preview that is open already.
function clickRow(target) {
  const row = target.closest("[data-row]");
  if (!row || target.closest("a, button, input, label, select, summary, details") || String(getSelection())) return;
  setCurrent(row);
  if (isOpen() && row.querySelector("[data-peek]")) peek(row);
  else rowLink(row)?.click();
}
