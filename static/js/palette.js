// Knows the palette: pages and actions of this screen at once, then what the search finds.
const WAIT = 140;
let timer = 0;
let asked = 0;

const dialog = () => document.getElementById("palette");
const input = () => dialog().querySelector("input");
const list = () => document.getElementById("palette-list");

export function startPalette() {
  if (!dialog()) return;
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-palette-open]")) return;
    event.preventDefault();
    openPalette();
  });
  input().addEventListener("input", refresh);
  input().addEventListener("keydown", steer);
  list().addEventListener("click", (event) => follow(event.target.closest("[role=option]")));
  dialog().addEventListener("click", (event) => {
    if (event.target === dialog()) dialog().close();
  });
}

export function openPalette() {
  if (!dialog() || dialog().open) return;
  document.getElementById("sidebar")?.matches(":popover-open") && document.getElementById("sidebar").hidePopover();
  input().value = "";
  dialog().showModal();
  refresh();
}

function refresh() {
  const text = input().value.trim();
  show(onThisPage(text));
  clearTimeout(timer);
  if (text) timer = setTimeout(() => search(text), WAIT);
}

async function search(text) {
  const question = ++asked;
  const address = `${dialog().dataset.search}?q=${encodeURIComponent(text)}`;
  const answer = await fetch(address, { headers: { Accept: "application/json" } }).catch(() => null);
  const found = answer?.ok ? await answer.json().catch(() => []) : [];
  if (question === asked && dialog().open) show([...found, ...onThisPage(text)], answer?.ok ? "" : "The search does not answer. Try again.");
}

function onThisPage(text) {
  const wanted = text.toLowerCase();
  const pages = [...document.querySelectorAll(".nav-link")].map((link) => ({
    label: [...link.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE).map((node) => node.textContent).join("").trim(),
    url: link.href, kind: "Page",
  }));
  const actions = [...document.querySelectorAll(".page-actions a.button")].map((link) => ({
    label: link.firstChild.textContent.trim() || link.textContent.trim(), url: link.href, kind: "Action",
  }));
  return [...actions, ...pages].filter((option) => option.label.toLowerCase().includes(wanted));
}

function show(options, trouble = "") {
  const seen = new Set();
  const nodes = options.filter(({ url }) => !seen.has(url) && seen.add(url)).slice(0, 20).map(optionNode);
  list().replaceChildren(...nodes);
  if (nodes.length === 0) {
    const none = document.createElement("p");
    none.className = "palette-none";
    none.textContent = trouble || "Nothing found. Try a number, a name or a page.";
    list().append(none);
  }
  choose(0);
}

function optionNode({ label, url, kind }, index) {
  const node = document.createElement("div");
  node.className = "palette-option";
  node.id = `palette-${index}`;
  node.setAttribute("role", "option");
  node.dataset.url = url;
  for (const [text, name] of [[label, "palette-label"], [kind ?? "", "palette-kind"]]) {
    const part = document.createElement("span");
    part.className = name;
    part.textContent = text;
    node.append(part);
  }
  return node;
}

function choose(index) {
  const options = [...list().querySelectorAll("[role=option]")];
  const at = (index + options.length) % (options.length || 1);
  options.forEach((option, i) => option.setAttribute("aria-selected", String(i === at)));
  options[at]?.scrollIntoView({ block: "nearest" });
  if (options[at]) input().setAttribute("aria-activedescendant", options[at].id);
  else input().removeAttribute("aria-activedescendant");
}

function steer(event) {
  const options = [...list().querySelectorAll("[role=option]")];
  const at = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) {
    event.preventDefault();
    choose(at + step);
  } else if (event.key === "Enter") {
    event.preventDefault();
    follow(options[at]);
  }
}

function follow(option) {
  if (!option) return;
  const address = new URL(option.dataset.url, location.href);
  if (address.origin === location.origin) location.assign(address);
}
