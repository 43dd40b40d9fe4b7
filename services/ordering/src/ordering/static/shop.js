// @ts-check
// The shop without waiting for the network: the total while one types, and the search. The server counts again when
// the order is saved, and decides.

const form = /** @type {HTMLFormElement | null} */ (document.querySelector("form.shop"));

/** @param {string} text @returns {bigint} thousandths; 0 for what is no quantity */
function thousandths(text) {
  const match = /^(\d{1,7})(?:[.,](\d{1,3}))?/.exec(text.replace(/[\s\u00a0\u202f]/g, ""));
  return match ? BigInt(match[1]) * 1000n + BigInt((match[2] ?? "").padEnd(3, "0")) : 0n;
}

/** @param {bigint} top @param {bigint} bottom */
const halfUp = (top, bottom) => (2n * top + bottom) / (2n * bottom);

/** @param {HTMLElement} offer @param {bigint} quantity @returns {bigint} what its quantity reaches: "3000:225 12000:210" */
function priceAt(offer, quantity) {
  let cents = BigInt(offer.dataset.cents ?? "0");
  for (const tier of (offer.dataset.tiers ?? "").split(" ").filter(Boolean)) {
    const [from, price] = tier.split(":");
    if (quantity >= BigInt(from)) cents = BigInt(price);
  }
  return cents;
}

/** @param {string} text */
const plain = (text) => text.toLowerCase().replaceAll("œ", "oe").normalize("NFD").replace(/\p{M}/gu, "");

/** @param {HTMLFormElement} shop */
function equip(shop) {
  const money = new Intl.NumberFormat(document.documentElement.lang === "fr" ? "fr-FR" : "en-GB", {
    style: "currency",
    currency: "EUR",
  });
  const offers = /** @type {HTMLElement[]} */ ([...shop.querySelectorAll(".offer")]);
  const say = (/** @type {string} */ selector, /** @type {string} */ text) => {
    const place = shop.querySelector(selector);
    if (place) place.textContent = text;
  };

  const count = () => {
    let total = 0n, deposits = 0n, chosen = 0;
    for (const offer of offers) {
      const field = offer.querySelector("input"), sum = offer.querySelector(".offer-sum");
      const quantity = field ? thousandths(field.value) : 0n;
      // data-cents: for data-per thousandths of the order unit, as the server counts.
      const cents = halfUp(priceAt(offer, quantity) * quantity, BigInt(offer.dataset.per ?? "1000"));
      deposits += halfUp(BigInt(offer.dataset.deposit ?? "0") * quantity, 1000n);
      offer.classList.toggle("chosen", quantity > 0n);
      if (sum) sum.textContent = quantity > 0n ? money.format(Number(cents) / 100) : "";
      if (quantity > 0n) chosen += 1;
      total += cents;
    }
    say("#basket-sum", money.format(Number(total) / 100));
    const beside = /** @type {HTMLElement | null} */ (shop.querySelector("#basket-deposit"));
    if (beside) {
      beside.hidden = deposits === 0n;
      beside.textContent = (beside.dataset.words ?? "").replace("…", money.format(Number(deposits) / 100));
    }
    const word = shop.dataset[chosen === 1 ? "one" : "many"] ?? "";
    say("#basket-count", `${chosen}\u00a0${word}`);
  };

  const sift = () => {
    const data = new FormData(shop);
    const words = plain(String(data.get("search") ?? "")).split(/\s+/).filter(Boolean);
    const producer = data.get("producer"), label = data.get("label"), only = data.has("chosen");
    const without = data.getAll("without").map(String);
    let any = false;
    for (const offer of offers) {
      const has = (/** @type {string | undefined} */ list) => (list ?? "").split(" ");
      const fits =
        words.every((word) => offer.dataset.search?.includes(word)) &&
        (!producer || offer.dataset.producer === producer) &&
        (!label || has(offer.dataset.labels).includes(String(label))) &&
        !without.some((allergen) => has(offer.dataset.allergens).includes(allergen)) &&
        (!only || offer.classList.contains("chosen"));
      offer.hidden = !fits && !offer.classList.contains("wrong");
      any ||= !offer.hidden;
    }
    for (const stall of /** @type {HTMLElement[]} */ ([...shop.querySelectorAll(".stall")])) {
      stall.hidden = !stall.querySelector(".offer:not([hidden])");
    }
    const none = /** @type {HTMLElement | null} */ (shop.querySelector(".none-found"));
    if (none) none.hidden = any;
  };

  const changed = (/** @type {Event} */ event) => {
    const field = event.target;
    if (field instanceof HTMLInputElement && field.name.startsWith("q-")) count();
    else sift();
  };
  shop.addEventListener("input", changed);
  shop.addEventListener("change", changed);
  shop.addEventListener("keydown", (event) => {
    // Enter would press the first button of the form: in a quantity it means "that is it", not "save".
    const field = event.target;
    if (event.key === "Enter" && field instanceof HTMLInputElement) {
      event.preventDefault();
      field.blur();
    }
  });
  count();
}

if (form) equip(form);
