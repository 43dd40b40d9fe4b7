// @ts-check
// What scripts add to pages that already work: buttons on quantities, and a word when another service is resting.

/** @param {string} text @returns {number | null} thousandths */
export function thousandths(text) {
  const match = /^(\d{1,9})(?:[.,](\d{1,3}))?$/.exec(text.replace(/[\s\u00a0\u202f]/g, ""));
  return match ? Number(match[1]) * 1000 + Number((match[2] ?? "").padEnd(3, "0")) : null;
}

/** @param {number} value thousandths @param {string} mark @returns {string} */
export function written(value, mark) {
  const fraction = String(value % 1000).padStart(3, "0").replace(/0+$/, "");
  return String(Math.trunc(value / 1000)) + (fraction ? mark + fraction : "");
}

/** @param {HTMLElement} stepper */
function equip(stepper) {
  const field = stepper.querySelector("input");
  if (!field || stepper.querySelector("button")) return;
  const step = Number(stepper.dataset.step), most = Number(stepper.dataset.most ?? "Infinity");
  /** @param {string} sign @param {number} by @param {string} word */
  const button = (sign, by, word) => {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "stepper-button";
    made.textContent = sign;
    made.setAttribute("aria-label", word);
    made.addEventListener("click", () => {
      const next = Math.min(Math.max((thousandths(field.value || "0") ?? 0) + by, 0), most);
      field.value = written(next, stepper.dataset.mark ?? ",");
      field.dispatchEvent(new Event("change", { bubbles: true }));
    });
    return made;
  };
  const less = button("\u2212", -step, stepper.dataset.less ?? ""), more = button("+", step, stepper.dataset.more ?? "");
  const mark = () => {
    const value = thousandths(field.value || "0") ?? 0;
    less.disabled = value <= 0;
    more.disabled = value >= most;
  };
  field.before(less);
  field.after(more);
  field.addEventListener("change", mark);
  field.addEventListener("input", mark);
  mark();
}

/** @param {ParentNode} root */
function enhance(root) {
  for (const stepper of root.querySelectorAll(".stepper")) equip(/** @type {HTMLElement} */ (stepper));
}

/** @param {Event} event */
function rest(event) {
  const source = /** @type {any} */ (event).detail?.ctx?.sourceElement;
  if (!(source instanceof HTMLElement) || !source.dataset.resting) return;
  const said = document.createElement("p");
  said.className = "lazy-resting";
  said.textContent = source.dataset.resting;
  source.replaceChildren(said);
}

enhance(document);
document.addEventListener("htmx:after:swap", () => enhance(document));
for (const failure of ["htmx:response:error", "htmx:error"]) document.addEventListener(failure, rest);
document.querySelector(".notice.summary")?.scrollIntoView({ block: "center" });
