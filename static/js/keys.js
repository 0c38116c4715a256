// Knows the keys; they rest while somebody types in a field or a dialog is open.
import { closeMenus, openHelp } from "./menus.js";
import { openPalette } from "./palette.js";
import { closePeek, isShown, peek } from "./peek.js";
import { currentRow, moveCurrent, rowLink } from "./rows.js";
import { clearSelection, toggleRow } from "./selection.js";

const KEYS = {
  j: () => moveCurrent(1),
  k: () => moveCurrent(-1),
  x: () => toggleRow(currentRow()),
  "/": () => document.querySelector("[data-filter-input]")?.focus(),
  "?": openHelp,
};

export function startKeys() {
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      openPalette();
    } else if (event.key === "Escape") {
      leave(event);
    } else if (!event.ctrlKey && !event.metaKey && !event.altKey && isFree(event.target)) {
      press(event);
    }
  });
}

function isFree(target) {
  const typing = target.matches("input:not([type=checkbox], [type=radio]), select, textarea, [contenteditable]");
  return !typing && !document.querySelector("dialog[open], [popover]:popover-open");
}

// A key that is held down moves through rows, but presses no button again.
function press(event) {
  if (event.key === " ") return space(event);
  if (event.key === "Enter") return enter(event);
  const key = arrow(event) ?? event.key;
  if (event.repeat && key !== "j" && key !== "k") return undefined;
  const act = KEYS[key] ?? letterButton(key, "[data-bulk] [data-key]") ?? rowButton(key) ?? letterButton(key);
  if (!act) return undefined;
  event.preventDefault();
  return act();
}

// Where a page says so, the arrows move through its rows instead of scrolling; in a group of choices they choose.
function arrow(event) {
  if (event.target.matches("input") || !document.querySelector("[data-arrows] [data-row]")) return undefined;
  return { ArrowDown: "j", ArrowUp: "k" }[event.key];
}

// Space and Enter stay what they are on buttons, boxes and links; on a row they preview and open.
function space(event) {
  const onControl = event.target.matches("button, summary, input") || event.target.closest("dialog");
  const row = currentRow();
  if (onControl || !row?.querySelector("[data-peek]")) return;
  event.preventDefault();
  if (isShown(row)) closePeek();
  else peek(row);
}

function enter(event) {
  if (event.target.matches("a, button, summary, input")) return;
  rowLink(currentRow() ?? document.createElement("tr"))?.click();
}

function letterButton(key, among = "[data-key]") {
  const button = [...document.querySelectorAll(among)].find(
    (one) => one.dataset.key.toLowerCase() === key.toLowerCase() && one.checkVisibility(),
  );
  return button && (() => button.click());
}

// A letter means the selected rows, then the current row, then the page.
function rowButton(key) {
  const button = currentRow()?.querySelector(`[data-row-key="${CSS.escape(key.toLowerCase())}"]`);
  return button && (() => (button.dataset.keyUrl ? location.assign(button.dataset.keyUrl) : button.click()));
}

function leave(event) {
  if (document.querySelector("dialog[open], [popover]:popover-open")) return;
  if (closeMenus() || closePeek() || clearSelection()) event.preventDefault();
  else if (event.target.matches("input, textarea, select")) event.target.blur();
}
