// Knows small disclosures: menus close on a click elsewhere or Esc, notes can be dismissed, texts copied.
export function startMenus() {
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details[data-menu][open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
    closeNote(event.target);
    copyText(event.target);
    commandDialog(event.target);
    if (event.target.closest("[data-help-open]")) openHelp();
    if (event.target.closest("[data-back]")) history.back();
  });
}

// For browsers that do not know the attribute `command` yet.
function commandDialog(target) {
  const button = target.closest("button[commandfor]");
  if (!button || "command" in HTMLButtonElement.prototype) return;
  const dialog = document.getElementById(button.getAttribute("commandfor"));
  if (button.getAttribute("command") === "close") dialog.close();
  else dialog.showModal();
}

export function openHelp() {
  closeMenus();
  const help = document.getElementById("help");
  if (help && !help.open) help.showModal();
}

// True when there was one to close; the focus goes back to its button.
export function closeMenus() {
  const open = [...document.querySelectorAll("details[data-menu][open]")];
  for (const menu of open) {
    menu.open = false;
    if (menu.contains(document.activeElement)) menu.querySelector("summary").focus();
  }
  return open.length > 0;
}

function closeNote(target) {
  target.closest("[data-note-close]")?.closest("[data-note]").remove();
}

async function copyText(target) {
  const button = target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(button.dataset.copy);
  const label = button.getAttribute("aria-label");
  button.setAttribute("aria-label", "Copied");
  button.classList.add("is-done");
  setTimeout(() => {
    button.setAttribute("aria-label", label);
    button.classList.remove("is-done");
  }, 1500);
}
