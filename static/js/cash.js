// Knows the cash desk: what is done with a line changes its row and the sums above, and the next line gets the focus.
import { goTo } from "./rows.js";

const PARTS = ["cash-sums", "flashes"];
const isOpen = (row) => row.matches("[data-cash-open]");

export function startCash() {
  document.addEventListener("submit", (event) => {
    const form = inList(event.target);
    if (!form || endsPage(document.getElementById(form.dataset.cash))) return;
    event.preventDefault();
    send(form);
  });
  document.addEventListener("click", askWhy);
  if (!location.hash.startsWith("#line-") || !document.getElementById("cash-sums")) return;
  const done = document.getElementById(location.hash.slice(1));
  // An address that still names the line would take the focus away once the page is whole
  history.replaceState(null, "", location.pathname + location.search);
  const next = done && isOpen(done) ? done : nextOpen(done);
  if (next) goTo(next);
}

// What the note above takes back is taken back in its row, where that is on this page.
function inList(form) {
  if (!form.closest("#flashes")) return form.matches("[data-cash]") && form;
  const path = (one) => new URL(one.action).pathname;
  return [...document.querySelectorAll("[data-row] form[data-cash]")].find((one) => path(one) === path(form));
}

// After the last open line of a page that is not the last, the whole list is asked for, and shows those that follow.
const endsPage = (row) => row && isOpen(row) && document.querySelector("[data-cash-more]") && document.querySelectorAll("[data-cash-open]").length === 1;

// A line that is being sent is not sent again, however often its key is pressed.
async function send(form) {
  const row = document.getElementById(form.dataset.cash);
  if (!row || row.ariaBusy === "true") return;
  row.ariaBusy = "true";
  const body = new FormData(form);
  form.closest("dialog")?.close();
  const answer = await fetch(form.action, { method: "POST", body, headers: { "HX-Request": "true" } }).catch(() => null);
  const page = answer && new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page?.getElementById(row.id);
  if (!fresh) return location.reload();
  for (const id of PARTS) {
    const part = page.getElementById(id);
    if (part) document.getElementById(id)?.replaceWith(part);
  }
  for (const other of page.querySelectorAll("[data-row]")) {
    if (other !== fresh) document.getElementById(other.id)?.replaceWith(other);
  }
  row.replaceWith(fresh);
  goTo(isOpen(fresh) || "cashStay" in form.dataset ? fresh : nextOpen(fresh));
}

// The first open line below, else the first of all, else where we are.
function nextOpen(row) {
  const all = [...document.querySelectorAll("[data-row]")];
  return all.slice(all.indexOf(row) + 1).find(isOpen) ?? all.find(isOpen) ?? row ?? all[0];
}

// One dialog for all lines: it takes over the address and the version of the line it was opened on.
function askWhy(event) {
  const link = event.target.closest("[data-cash-aside]");
  const dialog = link && document.getElementById("cash-aside");
  if (!dialog) return;
  event.preventDefault();
  const form = dialog.querySelector("form");
  form.reset();
  form.action = link.dataset.cashAside;
  form.dataset.cash = link.closest("[data-row]").id;
  form.elements.version.value = link.dataset.version;
  form.elements.next.value = location.pathname + location.search;
  dialog.showModal();
  form.querySelector("[type=radio]").focus();
}
