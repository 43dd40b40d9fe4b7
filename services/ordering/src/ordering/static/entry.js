// @ts-check
// Typing orders fast: what a row means and costs is said while one types, Enter goes to the next field, rows are added
// as they are used. The server reads every row again when the order is saved, and decides.

/** @typedef {{code: string, value: string, names: string[], name: string, all: string, unit: string, cents: bigint, per: bigint, deposit: bigint, tiers: [bigint, bigint][]}} Good */

/** @param {string} text */
const plain = (text) => text.toLowerCase().replaceAll("œ", "oe").normalize("NFD").replace(/\p{M}/gu, "").trim();

/** @param {string} text @returns {bigint} thousandths; 0 for what is no quantity */
function thousandths(text) {
  const match = /^(\d{1,7})(?:[.,](\d{1,3}))?/.exec(text.replace(/[\s\u00a0\u202f]/g, ""));
  return match ? BigInt(match[1]) * 1000n + BigInt((match[2] ?? "").padEnd(3, "0")) : 0n;
}

/** @param {Good} good @param {bigint} quantity */
function cost(good, quantity) {
  let cents = good.cents;
  for (const [from, price] of good.tiers) if (quantity >= from) cents = price;
  return (2n * cents * quantity + good.per) / (2n * good.per);
}

/** @param {HTMLOptionElement} option @returns {Good} */
function good(option) {
  const data = option.dataset, [code] = option.value.split(" ", 1);
  const tiers = (data.tiers ?? "").split(" ").filter(Boolean).map((tier) => tier.split(":").map(BigInt));
  const names = (data.names ?? "").split("|").filter(Boolean).map(plain), name = names.join(" ");
  names.push(plain(option.value.slice(code.length)));
  return {
    code, name, value: option.value, names, all: `${name} ${plain(data.more ?? "")}`, unit: data.unit ?? "",
    cents: BigInt(data.cents ?? "0"), per: BigInt(data.per ?? "1000"), deposit: BigInt(data.deposit ?? "0"),
    tiers: /** @type {[bigint, bigint][]} */ (tiers),
  };
}

/** As the server understands it. @param {string} what @param {Good[]} goods @returns {Good[]} */
function find(what, goods) {
  const coded = /^\s*(\d{1,6})(?:\s+(\D.*))?$/.exec(what);
  if (coded) {
    const found = goods.filter((one) => Number(one.code) === Number(coded[1]));
    if (!coded[2] || (found[0] && found[0].names.includes(plain(coded[2])))) return found;
  }
  const words = plain(what).split(/\s+/).filter(Boolean);
  if (!words.length) return [];
  const holds = (/** @type {string} */ text) => words.every((word) => text.includes(word));
  const whole = goods.filter((one) => one.names.includes(words.join(" ")));
  if (whole.length) return whole;
  const named = goods.filter((one) => holds(one.name));
  return named.length ? named : goods.filter((one) => holds(one.all));
}

/** @param {HTMLFormElement} form */
function equip(form) {
  const money = new Intl.NumberFormat(document.documentElement.lang === "fr" ? "fr-FR" : "en-GB", { style: "currency", currency: "EUR" });
  const goods = [...form.querySelectorAll("option")].map(good);
  const rows = /** @type {HTMLElement} */ (form.querySelector(".entry-rows"));
  const inputs = (/** @type {Element} */ row) => /** @type {HTMLInputElement[]} */ ([...row.querySelectorAll("input")]);
  const say = (/** @type {string} */ selector, /** @type {string} */ text) => {
    const place = form.querySelector(selector);
    if (place) place.textContent = text;
  };

  /** What each row costs: a key pressed changes one row only. @type {Map<Element, bigint>} */
  const costs = new Map();
  /** Its deposits. @type {Map<Element, bigint>} */
  const deposits = new Map();
  const judge = (/** @type {Element} */ row) => {
    const [what, quantity] = inputs(row), said = row.querySelectorAll(".entry-said > span");
    const found = what.value.trim() ? find(what.value, goods) : [];
    const one = found.length === 1 ? found[0] : null;
    const several = found.slice(0, 5).map((each) => each.value).join(" · ") + (found.length > 5 ? " …" : "");
    said[0].textContent = one
      ? `${one.value} (${one.unit})`
      : found.length ? `${form.dataset.several}: ${several}` : what.value.trim() ? `${form.dataset.none}` : "";
    const cents = one ? cost(one, thousandths(quantity.value)) : 0n;
    said[1].textContent = cents ? money.format(Number(cents) / 100) : "";
    costs.set(row, cents);
    deposits.set(row, one ? (2n * one.deposit * thousandths(quantity.value) + 1000n) / 2000n : 0n);
    return one;
  };

  const add = () => {
    let total = 0n, count = 0;
    for (const cents of costs.values()) {
      total += cents;
      if (cents) count += 1;
    }
    say("#entry-sum", money.format(Number(total) / 100));
    const beside = /** @type {HTMLElement | null} */ (form.querySelector("#entry-deposit"));
    if (beside) {
      const deposit = [...deposits.values()].reduce((sum, one) => sum + one, 0n);
      beside.hidden = deposit === 0n;
      beside.textContent = (beside.dataset.words ?? "").replace("…", money.format(Number(deposit) / 100));
    }
    say("#entry-count", `${count}\u00a0${form.dataset[count === 1 ? "one" : "many"]}`);
  };

  /** One more row, like the last but empty. */
  const grow = () => {
    const last = /** @type {HTMLElement} */ (rows.lastElementChild), row = /** @type {HTMLElement} */ (last.cloneNode(true));
    const number = rows.children.length + 1;
    row.classList.remove("wrong");
    for (const error of row.querySelectorAll(".error")) error.remove();
    for (const said of row.querySelectorAll(".entry-said > span")) said.textContent = "";
    const shown = row.querySelector(".row-number"), output = row.querySelector("output");
    if (shown) shown.textContent = String(number);
    if (output) output.id = `said-${number}`;
    inputs(row).forEach((input, index) => {
      const name = `${index ? "quantity" : "what"}-${number}`, label = row.querySelectorAll("label")[index];
      input.name = name;
      input.id = label.htmlFor = `field-${name}`;
      label.textContent = (label.textContent ?? "").replace(/\d+/, String(number));
      input.value = "";
      input.removeAttribute("aria-invalid");
      input.setAttribute("aria-describedby", `said-${number}`);
    });
    rows.append(row);
  };

  const next = (/** @type {HTMLInputElement} */ field) => {
    const row = field.closest(".entry-row");
    if (!row) return;
    const [what, quantity] = inputs(row);
    if (field === what) {
      const one = judge(row);
      if (one) {
        what.value = one.value;
        quantity.focus();
        quantity.select();
      }
      // What is not clear stays as it is, the caret behind it: a quantity typed too fast must not become a number.
      row.classList.toggle("wrong", !one && what.value.trim() !== "");
      return;
    }
    if (!row.nextElementSibling && rows.children.length < 2000) grow();
    const below = row.nextElementSibling;
    if (below) inputs(below)[0].focus();
  };

  // The browser's own list would open over the rows and take Enter for itself.
  for (const field of form.querySelectorAll("input[list]")) field.removeAttribute("list");
  form.addEventListener("input", (event) => {
    const row = event.target instanceof Element ? event.target.closest(".entry-row") : null;
    if (row) judge(row);
    add();
  });
  form.addEventListener("keydown", (event) => {
    const field = event.target;
    if (event.key !== "Enter" || event.isComposing || !(field instanceof HTMLInputElement)) return;
    event.preventDefault();
    next(field);
  });
  for (const row of rows.children) judge(row);
  add();
}

const form = document.querySelector("form.entry");
if (form instanceof HTMLFormElement) equip(form);
