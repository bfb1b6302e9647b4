(() => {
  const by = (id) => document.getElementById(id);
  const table = by("students-table"), body = table.tBodies[0], rows = [...body.rows];
  const buttons = [...table.querySelectorAll("button.sort")];
  const search = by("search"), status = by("status"), person = by("person"), count = by("count");
  const original = new Map(rows.map((row, place) => [row, place]));
  const collator = new Intl.Collator(document.documentElement.lang, { numeric: true, sensitivity: "base" });
  let column = -1, descending = false;

  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  const valueOf = (row) => {
    const cell = row.cells[column], text = cell.dataset.v ?? cell.textContent.trim();
    if (buttons[column].dataset.kind === "text") return text;
    return text === "" || Number.isNaN(Number(text)) ? null : Number(text);
  };
  const compare = (a, b) => {
    if (column < 0) return original.get(a) - original.get(b);
    const x = valueOf(a), y = valueOf(b);
    if (x === null || y === null) return (x === null) - (y === null) || original.get(a) - original.get(b);
    const order = typeof x === "string" ? collator.compare(x, y) : x - y;
    return (descending ? -order : order) || original.get(a) - original.get(b);
  };
  const remember = () => {
    const state = new URLSearchParams();
    if (column >= 0) { state.set("sort", column); state.set("order", descending ? "down" : "up"); }
    if (search.value) state.set("find", search.value);
    if (status.value) state.set("status", status.value);
    if (person.checked) state.set("person", "1");
    const text = state.toString();
    history.replaceState(null, "", text ? "#" + text : location.pathname + location.search);
  };
  const show = () => {
    const wanted = search.value.trim().toLocaleLowerCase();
    let shown = 0;
    for (const row of rows) {
      const fits = (!wanted || (row.cells[0].textContent + " " + row.cells[1].textContent).toLocaleLowerCase().includes(wanted))
        && (!status.value || row.dataset.status === status.value)
        && (!person.checked || "person" in row.dataset);
      row.hidden = !fits;
      shown += fits;
    }
    body.append(...rows.sort(compare));
    for (const [place, button] of buttons.entries()) {
      const cell = button.parentElement;
      if (place === column) cell.setAttribute("aria-sort", descending ? "descending" : "ascending");
      else cell.removeAttribute("aria-sort");
    }
    const told = [fill(count.dataset.count, { shown, total: rows.length })];
    if (column >= 0) told.push(fill(count.dataset.sorted, {
      column: buttons[column].textContent.trim(), order: descending ? count.dataset.down : count.dataset.up,
    }));
    count.textContent = told.join(" ");
  };
  const update = () => { show(); remember(); };
  const restore = () => {
    if (location.hash && !location.hash.includes("=")) return;
    const state = new URLSearchParams(location.hash.slice(1));
    const wanted = state.has("sort") ? Number(state.get("sort")) : -1;
    column = Number.isInteger(wanted) && wanted < buttons.length ? wanted : -1;
    descending = state.get("order") === "down";
    search.value = state.get("find") ?? "";
    status.value = state.get("status") ?? "";
    if (status.selectedIndex < 0) status.value = "";
    person.checked = state.has("person");
    show();
  };

  by("controls").hidden = false;
  for (const [place, button] of buttons.entries()) {
    button.disabled = false;
    button.addEventListener("click", () => {
      descending = column === place && !descending;
      column = place;
      update();
    });
  }
  search.addEventListener("input", update);
  status.addEventListener("change", update);
  person.addEventListener("change", update);
  by("clear").addEventListener("click", () => {
    search.value = ""; status.value = ""; person.checked = false; column = -1; descending = false;
    update();
    search.focus();
  });
  addEventListener("hashchange", restore);
  addEventListener("keydown", (event) => {
    if (!by("keys-on").checked || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.target.closest("input:not([type=checkbox]), select, textarea")) return;
    if (event.key === "/") { event.preventDefault(); search.focus(); }
    if (event.key === "?") { event.preventDefault(); by("keys").open = !by("keys").open; by("keys").querySelector("summary").focus(); }
  });
  restore();
})();
