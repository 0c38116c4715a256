// Knows form comforts: filters that send themselves, repeating lines, file drop, no double submit.
const WAIT = 350;
let timer = 0;

export function startForms() {
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-autosubmit]");
    if (form && !event.target.matches("[data-filter-input]")) form.requestSubmit();
  });
  document.addEventListener("input", (event) => {
    if (!event.target.matches("[data-filter-input]")) return;
    clearTimeout(timer);
    timer = setTimeout(() => event.target.form.requestSubmit(), WAIT);
  });
  document.addEventListener("submit", tidyFilters);
  document.addEventListener("submit", keepRefusal, true);
  document.addEventListener("click", (event) => {
    const add = event.target.closest("[data-line-add]");
    if (add) addLine(event, add);
    const remove = event.target.closest("[data-line-remove]");
    if (remove) removeLine(remove);
  });
  document.addEventListener("change", refuseLarge, true);
  document.addEventListener("input", followColour, true);
  startDrop();
  resumeFilter();
}

// Empty filters stay out of the address; a text being typed keeps its place after the reload.
function tidyFilters(event) {
  const form = event.target;
  if (!form.matches("form[data-autosubmit]")) return;
  if (document.activeElement?.matches("[data-filter-input]")) sessionStorage.setItem("filtering", location.pathname);
  for (const control of form.elements) {
    if (control.name && control.value === "") control.disabled = true;
  }
}

function resumeFilter() {
  const resumed = sessionStorage.getItem("filtering") === location.pathname;
  sessionStorage.removeItem("filtering");
  const input = document.querySelector("[data-filter-input]");
  if (!resumed || !input) return;
  input.focus();
  input.setSelectionRange(input.value.length, input.value.length);
}

function addLine(event, button) {
  const body = button.closest("[data-lines]").querySelector("tbody");
  if (!body.querySelector("[data-line]:last-child")) return;
  event.preventDefault();
  appendLine(body).querySelector("input:not([type=hidden]), select, textarea")?.focus();
}

export function appendLine(body) {
  const line = body.querySelector("[data-line]:last-child").cloneNode(true);
  emptyLine(line);
  body.append(line);
  numberLines(body);
  return line;
}

export function dropLine(line) {
  const body = line.parentElement;
  line.remove();
  numberLines(body);
}

function removeLine(button) {
  const line = button.closest("[data-line]");
  const body = line.closest("tbody");
  if (body.children.length === 1) emptyLine(line);
  else line.remove();
  numberLines(body);
  body.querySelector("input:not([type=hidden])")?.focus();
}

function emptyLine(line) {
  for (const control of line.querySelectorAll("input, textarea")) {
    if (control.type === "checkbox") control.checked = false;
    else control.value = control.dataset.blank ?? "";
    control.removeAttribute("aria-invalid");
  }
  for (const error of line.querySelectorAll(".error")) error.remove();
}

function numberLines(body) {
  [...body.children].forEach((line, index) => {
    for (const part of line.querySelectorAll("[name], [id], [for], [aria-describedby]")) {
      for (const name of ["name", "id", "for", "aria-describedby"]) {
        const value = part.getAttribute(name);
        if (value && !part.matches("button")) part.setAttribute(name, value.replace(/-\d+-/g, `-${index}-`));
      }
    }
    line.querySelector("[data-line-remove]")?.setAttribute("aria-label", `Remove line ${index + 1}`);
  });
}

// A file beyond its limit is refused at its field and let go, so that nothing of it is sent.
function refuseLarge(event) {
  const input = event.target;
  if (!input.matches("input[type=file][data-most-bytes]")) return;
  const id = `${input.id}-large`;
  document.getElementById(id)?.remove();
  input.removeAttribute("aria-invalid");
  input.form?.querySelectorAll("[data-left-out]").forEach((one) => one.remove());
  const { kept, leftOut } = sortOut(input);
  if (!leftOut.length) return;
  input.files = kept.files;
  if (!kept.files.length) input.setAttribute("aria-invalid", "true");
  for (const one of leftOut) input.after(noteLeftOut(one));
  const error = Object.assign(document.createElement("span"), { id, className: "error", textContent: input.dataset.tooLarge || leftOut.map((one) => one.text).join(" ") });
  error.setAttribute("role", "alert");
  input.after(error);
}

// Each file by itself, and together what one request may carry: what is too much is left out, the others go.
function sortOut(input) {
  const kept = new DataTransfer();
  const leftOut = [];
  const [most, together] = [Number(input.dataset.mostBytes), Number(input.dataset.mostTogether || Infinity)];
  let sum = 0;
  for (const file of input.files) {
    if (file.size > most) leftOut.push({ name: "too_large", value: file.name, text: `${file.name} is larger than ${inMegabytes(most)} and is left out.` });
    else if (sum + file.size > together) leftOut.push({ name: "too_much", value: file.name, text: `${file.name} goes beyond ${inMegabytes(together)} together: hand it in next.` });
    else {
      sum += file.size;
      kept.items.add(file);
    }
  }
  return { kept, leftOut };
}

// Its name goes with the others, so that the answer names every file that was chosen.
function noteLeftOut({ name, value }) {
  const note = Object.assign(document.createElement("input"), { type: "hidden", name, value });
  note.dataset.leftOut = "";
  return note;
}

function inMegabytes(bytes) {
  return `${Math.floor(bytes / 1048576)} MB`;
}

// Without a file there is nothing to send: what was refused stays to be read.
function keepRefusal(event) {
  const refused = event.target.querySelector?.("input[type=file][data-most-bytes][aria-invalid]");
  if (!refused || refused.files.length) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  refused.focus();
}

// A colour chosen from the palette stands in the text beside it, and the other way round.
function followColour(event) {
  const picker = event.target.closest(".field")?.querySelector("[data-colour-of]");
  if (!picker) return;
  const text = document.getElementById(picker.dataset.colourOf);
  if (event.target === picker) text.value = picker.value;
  else if (/^#[0-9a-f]{6}$/i.test(text.value.trim())) picker.value = text.value.trim();
}

function startDrop() {
  const over = (event, on) => {
    const area = event.target.closest?.("[data-drop]");
    if (!area) return null;
    event.preventDefault();
    area.classList.toggle("is-over", on);
    return area;
  };
  document.addEventListener("dragover", (event) => over(event, true));
  document.addEventListener("dragleave", (event) => over(event, false));
  document.addEventListener("drop", (event) => {
    const area = over(event, false);
    if (!area || !event.dataTransfer.files.length) return;
    const input = area.querySelector("input[type=file]");
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
}
