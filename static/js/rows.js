// Knows the rows of the list on this page and which one is current.
export const rows = () => [...document.querySelectorAll("tr[data-row]")];
export const currentRow = () => document.querySelector("tr[data-row].is-current");
export const rowLink = (row) => row.querySelector("a[data-row-link]") ?? row.querySelector("a[href]:not([data-peek])");

export function setCurrent(row) {
  for (const other of document.querySelectorAll("tr.is-current")) other.classList.remove("is-current");
  row?.classList.add("is-current");
}

export function moveCurrent(step) {
  const all = rows();
  if (all.length === 0) return;
  const at = all.indexOf(currentRow());
  const next = all[Math.min(Math.max(at + step, 0), all.length - 1)];
  setCurrent(next);
  rowLink(next)?.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}
