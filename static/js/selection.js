// Knows which rows are selected, how many, and what they add up to per currency.
const boxes = () => [...document.querySelectorAll("input[data-select]")];
const language = document.documentElement.lang || "en";
let lastBox = null;

export function startSelection() {
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-select-all]")) selectAll(event.target.checked);
    if (event.target.matches("[data-select], [data-select-all]")) showSelection();
  });
  document.addEventListener("click", (event) => {
    if (event.target.matches("input[data-select]")) selectRange(event.target, event.shiftKey);
    if (event.target.closest("[data-bulk-clear]")) clearSelection();
  });
  document.addEventListener("htmx:after:swap", showSelection);
  addEventListener("pageshow", showSelection);
  showSelection();
}

export function toggleRow(row) {
  row?.querySelector("input[data-select]")?.click();
}

// True when something was selected.
export function clearSelection() {
  const had = boxes().some((box) => box.checked);
  selectAll(false);
  showSelection();
  return had;
}

function selectAll(checked) {
  for (const box of boxes()) box.checked = checked;
}

function selectRange(box, shift) {
  const all = boxes();
  if (shift && lastBox && all.includes(lastBox)) {
    const [from, to] = [all.indexOf(lastBox), all.indexOf(box)].sort((a, b) => a - b);
    for (const between of all.slice(from, to + 1)) between.checked = box.checked;
    showSelection();
  }
  lastBox = box;
}

function showSelection() {
  const all = boxes();
  const chosen = all.filter((box) => box.checked);
  for (const head of document.querySelectorAll("[data-select-all]")) {
    head.checked = all.length > 0 && chosen.length === all.length;
    head.indeterminate = chosen.length > 0 && chosen.length < all.length;
  }
  for (const bar of document.querySelectorAll("[data-bulk]")) {
    bar.hidden = chosen.length === 0;
    bar.querySelector("[data-bulk-count]").textContent = `${chosen.length} selected`;
    bar.querySelector("[data-bulk-sum]").textContent = sums(chosen).join(" + ");
  }
}

// Minor units are added as whole numbers; only the finished sum is written out.
function sums(chosen) {
  const totals = new Map();
  for (const box of chosen) {
    const { minor, currency } = box.closest("[data-row]").dataset;
    if (minor !== undefined) totals.set(currency, (totals.get(currency) ?? 0n) + BigInt(minor));
  }
  return [...totals].map(([currency, minor]) => written(minor, currency));
}

function written(minor, currency) {
  const digits = new Intl.NumberFormat(language, { style: "currency", currency }).resolvedOptions().maximumFractionDigits;
  const format = new Intl.NumberFormat(language, { minimumFractionDigits: digits });
  const text = String(minor < 0n ? -minor : minor).padStart(digits + 1, "0");
  const whole = digits ? `${text.slice(0, -digits)}.${text.slice(-digits)}` : text;
  return `${format.format(minor < 0n ? `-${whole}` : whole)}\u00a0${currency}`;
}
