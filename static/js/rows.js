// Knows the rows of this page (of a list, cards of a board) and which one is current.
export const rows = () => [...document.querySelectorAll("[data-row]")];
export const currentRow = () => document.querySelector("[data-row].is-current");
export const rowLink = (row) => row.querySelector("a[data-row-link]") ?? row.querySelector("a[href]:not([data-peek], .menu-item)");

export function setCurrent(row) {
  for (const other of document.querySelectorAll("[data-row].is-current")) other.classList.remove("is-current");
  row?.classList.add("is-current");
}

export function moveCurrent(step) {
  const all = rows();
  if (all.length === 0) return;
  const at = all.indexOf(currentRow());
  goTo(all[Math.min(Math.max(at + step, 0), all.length - 1)]);
}

// The focus stands on what Enter shall do there: a button that says so, else the link.
export function goTo(row) {
  setCurrent(row);
  focusOn(row.querySelector("[data-row-focus]") ?? rowLink(row) ?? row);
  row.scrollIntoView({ block: "nearest" });
}

// A row without a link takes the focus itself, so that a screen reader follows.
function focusOn(target) {
  if (target.matches("[data-row]")) target.tabIndex = -1;
  target.focus({ preventScroll: true });
}
