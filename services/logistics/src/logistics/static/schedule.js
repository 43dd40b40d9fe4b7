// @ts-check
// Stops of a draft's round can be dragged to another point of it. The buttons beside them do the same, without a mouse.

/** @param {HTMLTableSectionElement} body */
function draggable(body) {
  /** @type {HTMLTableRowElement | null} */
  let dragged = null;
  for (const row of body.rows) {
    if (!row.dataset.moves) continue;
    row.draggable = true;
    row.addEventListener("dragstart", (event) => {
      dragged = row;
      row.classList.add("dragged");
      if (event.dataTransfer) event.dataTransfer.effectAllowed = "move";
    });
    row.addEventListener("dragend", () => {
      dragged = null;
      for (const each of body.rows) each.classList.remove("dragged", "drop-here");
    });
    row.addEventListener("dragover", (event) => {
      if (!dragged || dragged === row) return;
      event.preventDefault();
      row.classList.add("drop-here");
    });
    row.addEventListener("dragleave", () => row.classList.remove("drop-here"));
    row.addEventListener("drop", (event) => {
      event.preventDefault();
      const form = dragged?.querySelector("form");
      const to = form?.querySelector('input[name="to"]'), id = form?.querySelector('input[name="id"]');
      if (!form || !(to instanceof HTMLInputElement) || !(id instanceof HTMLInputElement)) return;
      to.value = row.dataset.index ?? "";
      id.value += `-${to.value}`;
      form.requestSubmit();
    });
  }
}

for (const body of document.querySelectorAll("tbody.draggable")) draggable(/** @type {HTMLTableSectionElement} */ (body));
