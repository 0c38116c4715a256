// Knows how cells copied from a spreadsheet fill a grid of repeating lines, from the field that has the focus on.
import { appendLine, dropLine } from "./forms.js";

const MOST = 100; // lines a form takes; more belong into a box for pasted rows
const CELLS = "input:not([type=hidden], [type=checkbox]), select, textarea";
const PHONE = "(max-width: 48rem)";

export function startGrid() {
  document.addEventListener("paste", (event) => {
    const line = event.target.closest?.("[data-lines] [data-line]");
    const rows = line ? split(event.clipboardData.getData("text/plain")) : [];
    if (rows.length < 2 && (rows[0]?.length ?? 0) < 2) return;
    event.preventDefault();
    const at = [...line.parentElement.children].indexOf(line);
    if (at + rows.length > MOST) toBox(event.clipboardData.getData("text/plain"));
    else fill(line.parentElement, rows, at, [...line.querySelectorAll(CELLS)].indexOf(event.target));
  });
  if (matchMedia(PHONE).matches) document.querySelectorAll("[data-grid-few] tbody").forEach(keepFew);
}

const split = (text) => text.replace(/\r\n?/g, "\n").replace(/\n+$/, "").split("\n").map((line) => line.split("\t"));

function fill(body, rows, at, column) {
  while (body.children.length < at + rows.length) appendLine(body);
  rows.forEach((cells, down) => {
    const controls = body.children[at + down].querySelectorAll(CELLS);
    cells.forEach((cell, across) => {
      const control = controls[column + across];
      if (control) put(control, cell.trim());
    });
  });
}

// A date field takes only 2026-12-24; anything else is shown as it was pasted, to be refused and not lost.
function put(control, text) {
  control.value = text.replace(/^(\d{2})\.(\d{2})\.(\d{4})$/, control.type === "date" ? "$3-$2-$1" : "$&");
  if (control.value || !text || control.type !== "date") return;
  control.type = "text";
  control.value = text;
}

// More than the grid takes is never cut: it goes where whole sheets go.
function toBox(text) {
  const box = document.querySelector("textarea.quick-box");
  if (!box) return;
  box.value = box.value ? `${box.value}\n${text}` : text;
  box.focus();
}

// On a phone every empty line is a card to scroll past.
function keepFew(body) {
  const empty = (line) => [...line.querySelectorAll(CELLS)].every((control) => !control.value);
  [...body.children].slice(1).filter(empty).forEach(dropLine);
}
