// Knows how much of a payment is still left while a person types or drags what goes where; the server decides what is right.
const TWO_READINGS = /^\+?[1-9]\d{0,2}[.,]\d{3}$/;
const language = document.documentElement.lang || "en";

export function startPlacing() {
  document.addEventListener("input", (event) => {
    if (event.target.matches("[data-place]")) show(event.target.form);
  });
  document.addEventListener("keydown", (event) => {
    if (!event.target.matches("form[data-placing] [data-place]")) return;
    const amounts = [...event.target.form.querySelectorAll("[data-place]")];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key] ?? 0;
    if (!step && event.key !== "=" && event.key !== " ") return;
    event.preventDefault();
    if (step) amounts[amounts.indexOf(event.target) + step]?.select();
    else fill(event.target);
  });
  startDragging();
  document.addEventListener("htmx:after:swap", showAll);
  addEventListener("pageshow", showAll);
  showAll();
}

function showAll() {
  for (const form of document.querySelectorAll("form[data-placing]")) show(form);
}

// What is dragged is the money of the line; where it is dropped, it fills in what is left.
function startDragging() {
  document.addEventListener("dragstart", (event) => {
    if (event.target.matches?.("[data-place-drag]")) event.dataTransfer.setData("text/x-place", "1");
  });
  for (const name of ["dragover", "dragleave", "drop"]) {
    document.addEventListener(name, (event) => {
      const row = event.target.closest?.("[data-row]");
      const input = row?.querySelector("form[data-placing] [data-place]");
      if (!input || !event.dataTransfer.types.includes("text/x-place")) return;
      event.preventDefault();
      row.classList.toggle("is-current", name === "dragover");
      if (name !== "drop") return;
      fill(input);
      input.focus();
    });
  }
}

function fill(input) {
  const { form } = input;
  const digits = digitsOf(form);
  const others = [...form.querySelectorAll("[data-place]")].filter((one) => one !== input);
  const left = others.reduce((rest, one) => rest - (toMinor(one.value, digits) ?? 0n), BigInt(form.dataset.minor));
  const open = BigInt(input.dataset.minor);
  const amount = left < open ? left : open;
  input.value = amount > 0n ? plain(amount, digits) : "";
  show(form);
}

const digitsOf = (form) => new Intl.NumberFormat(language, { style: "currency", currency: form.dataset.currency }).resolvedOptions().maximumFractionDigits;

function show(form) {
  const { minor, currency } = form.dataset;
  const digits = digitsOf(form);
  let left = BigInt(minor);
  let unreadable = "";
  let wrong = null; // the first of them, and whatever is wrong by itself
  for (const input of form.querySelectorAll("[data-place]")) {
    const amount = toMinor(input.value, digits);
    const tooMuch = amount !== null && amount > BigInt(input.dataset.minor);
    if (amount === null) unreadable ||= input.value.trim();
    else left -= amount;
    wrong ||= amount === null || tooMuch || left < 0n ? input : null;
    if (amount === null || tooMuch || wrong === input) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  }
  const place = form.querySelector("[data-placing-left]");
  if (unreadable) place.textContent = isTwofold(unreadable, digits) ? `${unreadable} can be read in two ways. Write ${readingsOf(unreadable, digits)}` : "Write amounts like 1250.00";
  else if (left < 0n) place.textContent = `${written(-left, currency, digits)} more than came in`;
  else if (form.dataset.placing === "cash") place.textContent = left === 0n ? "Everything is placed" : `Left to place: ${written(left, currency, digits)}, goes on account`;
  else place.textContent = `Left to place after this: ${written(left, currency, digits)}`;
}

// Minor units of an amount as the server reads it; null when it is none. The last of point and comma stands before the
// decimals, unless it comes twice; the other groups thousands. 1,234 alone is a thousand to some and not to others, and
// so is 1.234 unless the currency has three decimals.
function toMinor(text, digits) {
  const typed = text.trim();
  if (typed === "") return 0n;
  if (isTwofold(typed, digits)) return null;
  const plain = typed.replace(/^\+/, "").replace(/[ \u00a0\u2009\u202f'’]/g, " ").trim();
  const last = Math.max(plain.lastIndexOf("."), plain.lastIndexOf(","));
  const isDecimal = last >= 0 && plain.indexOf(plain[last]) === last;
  const whole = closeUp(isDecimal ? plain.slice(0, last) : plain);
  const fraction = isDecimal ? plain.slice(last + 1) : "";
  if (!/^\d{1,16}$/.test(whole + fraction) || fraction.replace(/0+$/, "").length > digits) return null;
  return BigInt(whole + fraction.padEnd(digits, "0").slice(0, digits));
}

const isTwofold = (typed, digits) =>
  TWO_READINGS.test(typed) && (typed.includes(",") || digits < 3 || (digits > 3 && typed.endsWith("0")));

function readingsOf(typed, digits) {
  const [whole, decimals] = typed.split(/[.,]/);
  const shortest = decimals.replace(/0+$/, "");
  const readings = shortest.length > digits ? [] : [shortest ? `${whole}.${shortest}` : whole];
  return [whole + decimals, ...readings].join(" or ");
}

const closeUp = (whole) => (/^\d{1,3}([ .,])\d{3}(?:\1\d{3})*$/.test(whole) ? whole.replace(/[ .,]/g, "") : whole);

function written(minor, currency, digits) {
  const format = new Intl.NumberFormat(language, { minimumFractionDigits: digits });
  return `${format.format(plain(minor, digits))}\u00a0${currency}`;
}

function plain(minor, digits) {
  const text = String(minor).padStart(digits + 1, "0");
  return digits ? `${text.slice(0, -digits)}.${text.slice(-digits)}` : text;
}
