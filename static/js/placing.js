// Knows how much of a payment is still left while a person types what goes where; the server decides what is right.
const language = document.documentElement.lang || "en";

export function startPlacing() {
  document.addEventListener("input", (event) => {
    if (event.target.matches("[data-place]")) show(event.target.form);
  });
  document.addEventListener("htmx:after:swap", showAll);
  addEventListener("pageshow", showAll);
  showAll();
}

function showAll() {
  for (const form of document.querySelectorAll("form[data-placing]")) show(form);
}

function show(form) {
  const { minor, currency } = form.dataset;
  const digits = new Intl.NumberFormat(language, { style: "currency", currency }).resolvedOptions().maximumFractionDigits;
  let left = BigInt(minor);
  let unreadable = false;
  for (const input of form.querySelectorAll("[data-place]")) {
    const amount = toMinor(input.value, digits);
    const tooMuch = amount !== null && amount > BigInt(input.dataset.minor);
    if (amount === null || tooMuch) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
    if (amount === null) unreadable = true;
    else left -= amount;
  }
  const place = form.querySelector("[data-placing-left]");
  if (unreadable) place.textContent = "Write amounts like 1250.00";
  else if (left < 0n) place.textContent = `${written(-left, currency, digits)} more than came in`;
  else place.textContent = `Left to place: ${written(left, currency, digits)}`;
}

// Minor units as the server reads them: commas may group thousands. null when it is no amount.
function toMinor(text, digits) {
  const plain = text.replace(/[\s\u00a0]/g, "");
  if (plain === "") return 0n;
  const ungrouped = /^\d{1,3}(,\d{3})+(\.\d*)?$/.test(plain) ? plain.replaceAll(",", "") : plain;
  const found = /^(\d{1,16})(?:\.(\d*))?$/.exec(ungrouped);
  if (!found || (found[2] ?? "").replace(/0+$/, "").length > digits) return null;
  return BigInt(found[1] + (found[2] ?? "").padEnd(digits, "0").slice(0, digits));
}

function written(minor, currency, digits) {
  const format = new Intl.NumberFormat(language, { minimumFractionDigits: digits });
  const text = String(minor).padStart(digits + 1, "0");
  return `${format.format(digits ? `${text.slice(0, -digits)}.${text.slice(-digits)}` : text)}\u00a0${currency}`;
}
