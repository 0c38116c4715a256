// Knows where typing begins: at the first wrong field after a refusal, else in the only form of a page.
const FIELD = "input:not([type=hidden], [type=checkbox], [type=radio], [type=file], [readonly], :disabled), select, textarea";

export function startFocus() {
  const summary = document.querySelector("main .error-summary");
  if (summary) return focusWrong(summary);
  const forms = document.querySelectorAll("main form.form");
  // On a phone the keyboard would cover the page that was just opened
  if (forms.length !== 1 || location.hash || !matchMedia("(pointer: fine)").matches) return undefined;
  if (document.querySelector("main [data-row], main [data-filter-input]")) return undefined;
  return seen(forms[0].querySelectorAll(FIELD))?.focus({ preventScroll: true });
}

function focusWrong(summary) {
  summary.tabIndex = -1;
  (seen(document.querySelectorAll("main [aria-invalid=true]")) ?? summary).focus();
}

const seen = (controls) => [...controls].find((one) => one.checkVisibility());
