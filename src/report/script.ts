/**
 * The page's only script: sorts tables by a column, and filters the findings. It reads text and moves rows; it makes no
 * markup. Without it everything is there, in the order in which it came.
 */
export const SCRIPT = `
"use strict";
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  for (const [index, head] of heads.entries()) {
    if ("fixed" in head.dataset) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.ariaSort ? head.ariaSort === "ascending" : head.className === "number";
      for (const other of heads) other.ariaSort = null;
      head.ariaSort = down ? "descending" : "ascending";
      const isNumber = head.className === "number";
      const bodies = [...table.tBodies];
      const units = bodies.length > 1 ? bodies : [...bodies[0].rows];
      const keyed = units.map((unit) => {
        const text = (unit.rows ? unit.rows[0] : unit).cells[index].textContent;
        return { unit, key: isNumber ? Number.parseFloat(text.replaceAll(",", "")) || 0 : text };
      });
      keyed.sort((a, b) => (isNumber ? a.key - b.key : a.key < b.key ? -1 : a.key > b.key ? 1 : 0) * (down ? -1 : 1));
      (bodies.length > 1 ? table : bodies[0]).append(...keyed.map(({ unit }) => unit));
    });
  }
}
const form = document.getElementById("filter");
if (form) {
  const bodies = [...document.getElementById("finding-table").tBodies];
  const text = document.getElementById("filter-text");
  const rule = document.getElementById("filter-rule");
  const count = document.getElementById("filter-count");
  let texts;
  const apply = () => {
    texts ??= new Map(bodies.map((body) => [body, body.textContent.toLowerCase()]));
    const words = text.value.toLowerCase().split(" ").filter((word) => word !== "");
    let left = 0;
    for (const body of bodies) {
      const isIn = (rule.value === "" || body.dataset.rule === rule.value) && words.every((word) => texts.get(body).includes(word));
      body.hidden = !isIn;
      if (isIn) left++;
    }
    count.value = left === bodies.length ? "" : left + " of " + bodies.length;
  };
  form.hidden = false;
  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
}
`;
