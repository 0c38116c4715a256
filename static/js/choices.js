// Knows which fields belong to a choice: those of other choices are put away and not sent, and which a choice needs.
// Without it all are shown, and the server says what is missing.
export function startChoices() {
  document.addEventListener("change", (event) => event.target.form && putAway(event.target.form));
  document.querySelectorAll("form:has([data-when], [data-needed])").forEach(putAway);
}

// data-when="way=quantities percent", data-needed alike: the names of a field and of the choices the part belongs to
function putAway(form) {
  for (const part of form.querySelectorAll("[data-when]")) {
    part.hidden = !isChosen(form, part.dataset.when);
    // hidden fields say which line an entry is about, and are always sent
    for (const control of part.querySelectorAll("input:not([type=hidden]), select, textarea")) control.disabled = part.hidden;
  }
  for (const part of form.querySelectorAll("[data-needed]")) {
    for (const control of part.querySelectorAll("input, select, textarea")) control.required = isChosen(form, part.dataset.needed);
  }
}

function isChosen(form, when) {
  const [name, choices] = when.split("=");
  const chosen = new FormData(form).getAll(name);
  return choices.split(" ").some((choice) => chosen.includes(choice));
}
