// Knows how cells copied from a spreadsheet fill a grid of repeating lines, from the field that has the focus on.
import { appendLine, dropLine } from "./forms.js";

const MOST = 100; // lines a form takes; more belong into a box for pasted rows
const CELLS = "input:not([type=hidden], [type=checkbox]), select, textarea";
const CELL = /(?:"([^"]*(?:""[^"]*)*)"|([^\t\n]*))(\t|\n|$)/g;
const DAY = "[type=date], .day-input";
const PHONE = "(max-width: 48rem)";

export function startGrid() {
  document.addEventListener("paste", (event) => {
    const line = event.target.closest?.("[data-lines] [data-line]");
    const text = line ? tidy(event.clipboardData.getData("text/plain")) : "";
    if (!/[\t\n]/.test(text)) return;
    event.preventDefault();
    const rows = split(text);
    const at = [...line.parentElement.children].indexOf(line);
    if (at + rows.length > MOST) toBox(text);
    else fill(line.parentElement, rows, at, [...line.querySelectorAll(CELLS)].indexOf(event.target));
  });
  if (matchMedia(PHONE).matches) document.querySelectorAll("[data-grid-few] tbody").forEach(keepFew);
}

const tidy = (text) => text.replace(/\r\n?/g, "\n").replace(/\n+$/, "");

// A cell in quotes may hold tabs and line breaks, which become a space; a mark that opens no such cell is text.
function split(text) {
  const rows = [[]];
  for (const [, quoted, plain, end] of text.matchAll(CELL)) {
    rows.at(-1).push((quoted?.replaceAll('""', '"') ?? plain).replace(/\s*[\t\n]\s*/g, " "));
    if (end === "\n") rows.push([]);
    if (end === "") break;
  }
  return rows;
}

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
  control.value = control.matches(DAY) ? toDay(text) : text;
  if (control.value || !text || control.type !== "date") return;
  control.type = "text";
  control.value = text;
}

// 3.12.2026 and 2026/12/3 are one day each; 03/12/2026 may be two, and stays as it is.
const toDay = (text) => text
  .replace(/^(\d{1,2})\.(\d{1,2})\.(\d{4})$/, "$3-$2-$1")
  .replace(/^(\d{4})[-/](\d{1,2})[-/](\d{1,2})$/, (_, ...parts) => parts.slice(0, 3).map((part) => part.padStart(2, "0")).join("-"));

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
