// Knows which fields belong to a choice: those of other choices are put away and not sent. Without it all are shown.
export function startChoices() {
  document.addEventListener("change", (event) => event.target.form && putAway(event.target.form));
  document.querySelectorAll("form:has([data-when])").forEach(putAway);
}

// data-when="way=quantities percent": the names of a field and of the choices the part belongs to
function putAway(form) {
  for (const part of form.querySelectorAll("[data-when]")) {
    const [name, choices] = part.dataset.when.split("=");
    const chosen = new FormData(form).getAll(name);
    part.hidden = !choices.split(" ").some((choice) => chosen.includes(choice));
    // hidden fields say which line an entry is about, and are always sent
    for (const control of part.querySelectorAll("input:not([type=hidden]), select, textarea")) control.disabled = part.hidden;
  }
}
