// Knows how the hits below a field are walked: the arrows lead into them and back, and Enter opens the one they stand on.
export function startFinding() {
  document.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const form = step && document.querySelector("form[data-find]");
    if (!form) return;
    const stops = [form.querySelector("[type=search]"), ...document.querySelectorAll(`#${form.dataset.find} a`)];
    const next = stops[stops.indexOf(event.target) + step];
    if (!next || !stops.includes(event.target)) return;
    event.preventDefault();
    next.focus();
  });
}
