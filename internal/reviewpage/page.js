"use strict";
(function () {
  const data = JSON.parse(document.getElementById("data").textContent);
  const step = 200;
  const byId = (id) => document.getElementById(id);
  const body = byId("rows"), search = byId("customer"), service = byId("service"), status = byId("status");
  const format = new Intl.NumberFormat("en", { maximumFractionDigits: 4 });
  const compare = new Intl.Collator("en", { sensitivity: "base", numeric: true }).compare;

  // A row of the data is [account, service, [units of each system], status, reason, origins].
  const rows = data.rows.map((r) => ({
    account: data.accounts[r[0]], service: data.services[r[1]], units: r[2], rank: r[3], status: data.statuses[r[3]], reason: r[4], origins: r[5] || [],
    text: (data.accounts[r[0]].name + " " + data.accounts[r[0]].id).toLowerCase(),
  }));
  let sorting = { column: "status", descending: false }, shown = [], limit = step;

  function element(name, className, text) {
    const made = document.createElement(name);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text; // never markup: names come from outside
    return made;
  }

  const columns = {
    account: (a, b) => compare(a.account.name, b.account.name),
    service: (a, b) => compare(a.service, b.service),
    status: (a, b) => a.rank - b.rank,
  };
  data.systems.forEach((system, i) => {
    // A missing number is not 0: it comes last in either direction.
    columns[system.key] = (a, b) => {
      const x = a.units[i], y = b.units[i], nulls = (x === null) - (y === null);
      if (nulls) return sorting.descending ? -nulls : nulls;
      return x === null ? 0 : x - y;
    };
  });

  function update() {
    const words = search.value.toLowerCase().trim();
    const wanted = status.value;
    shown = rows.filter((r) => (!words || r.text.includes(words)) && (!service.value || r.service === service.value) &&
      (!wanted || (wanted === "*" ? r.status.open : r.status.key === wanted)));
    const order = columns[sorting.column], sign = sorting.descending ? -1 : 1;
    shown.sort((a, b) => sign * order(a, b) || columns.account(a, b) || columns.service(a, b));
    document.querySelectorAll("#table thead th[data-column]").forEach((head) => {
      if (head.dataset.column === sorting.column) head.setAttribute("aria-sort", sorting.descending ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
    limit = step;
    draw();
  }

  function draw() {
    const part = document.createDocumentFragment();
    shown.slice(0, limit).forEach((r) => part.appendChild(drawRow(r)));
    body.replaceChildren(part);
    const all = shown.length <= limit;
    byId("more").hidden = all;
    byId("shown").textContent = shown.length === 0 ? "No pair fits these filters." :
      format.format(shown.length) + " of " + format.format(rows.length) + " pairs" + (all ? "." : ", the first " + format.format(limit) + " shown.");
  }

  function drawRow(r) {
    const line = element("tr", "pair");
    const head = element("th", "", r.account.name);
    head.scope = "row";
    if (r.account.id !== r.account.name) head.appendChild(element("small", "", r.account.id));
    line.appendChild(head);
    line.appendChild(element("td", "", r.service));
    const base = r.units.find((n) => n !== null);
    r.units.forEach((n, i) => line.appendChild(drawNumber(n, r, i, base)));
    const state = element("td");
    const pill = element("span", "pill " + r.status.tone, r.status.label);
    pill.title = r.status.meaning;
    state.appendChild(pill);
    if (r.reason) state.appendChild(element("span", "reason", r.reason));
    line.appendChild(state);
    const last = element("td", "last");
    const open = element("button", "open", "Sources");
    open.type = "button";
    open.setAttribute("aria-expanded", "false");
    open.setAttribute("aria-label", "Sources of " + r.service + " for " + r.account.name);
    open.addEventListener("click", () => toggle(line, open, r));
    last.appendChild(open);
    line.appendChild(last);
    return line;
  }

  function drawNumber(n, r, i, base) {
    if (n === null) {
      const empty = element("td", "number none", data.systems[i].asked ? "–" : "");
      empty.setAttribute("aria-label", data.systems[i].asked ? "no number" : "not asked");
      return empty;
    }
    const off = r.status.open && Math.abs(n - base) > data.tolerance;
    const cell = element("td", off ? "number off" : "number", format.format(n));
    if (off) cell.appendChild(element("small", "", (n > base ? "+" : "−") + format.format(Math.abs(n - base))));
    return cell;
  }

  function toggle(line, open, r) {
    if (open.getAttribute("aria-expanded") === "true") {
      open.setAttribute("aria-expanded", "false");
      line.nextElementSibling.remove();
      return;
    }
    open.setAttribute("aria-expanded", "true");
    const detail = element("tr", "sources"), cell = element("td"), list = element("dl");
    cell.colSpan = line.children.length;
    data.systems.forEach((system, i) => {
      list.appendChild(element("dt", "", system.name));
      const text = element("dd", "", sentence(system, r, i));
      const origins = r.origins.filter((o) => o[0] === i);
      if (origins.length) {
        const parts = element("ul");
        origins.forEach((o) => parts.appendChild(element("li", "", (o[2] === null ? "unknown" : format.format(o[2])) + " " + data.origins[o[1]])));
        text.appendChild(parts);
      }
      list.appendChild(text);
    });
    cell.appendChild(list);
    detail.appendChild(cell);
    line.after(detail);
  }

  function sentence(system, r, i) {
    if (!system.asked) return "Not asked in this review.";
    if (r.units[i] === null) return "No number. Asked: " + system.source;
    return format.format(r.units[i]) + " from " + system.source;
  }

  document.querySelectorAll("#table thead th[data-column] button").forEach((button) => button.addEventListener("click", () => {
    const column = button.parentElement.dataset.column;
    sorting = { column: column, descending: sorting.column === column && !sorting.descending };
    update();
  }));
  search.form.addEventListener("submit", (event) => event.preventDefault());
  search.addEventListener("input", update);
  [service, status].forEach((field) => field.addEventListener("change", update));
  byId("clear").addEventListener("click", () => { search.value = service.value = status.value = ""; update(); search.focus(); });
  byId("next").addEventListener("click", () => { limit += step; draw(); });
  byId("all").addEventListener("click", () => { limit = shown.length; draw(); });
  // Paper has no button for more.
  window.addEventListener("beforeprint", () => { if (limit < shown.length) { limit = shown.length; draw(); } });

  data.services.slice().sort(compare).forEach((name) => service.appendChild(option(name, name)));
  const open = rows.filter((r) => r.status.open).length;
  if (open) status.appendChild(option("*", "All that disagree (" + format.format(open) + ")"));
  data.statuses.forEach((known, i) => {
    const n = rows.filter((r) => r.rank === i).length;
    if (n) status.appendChild(option(known.key, known.label + " (" + format.format(n) + ")"));
  });
  function option(value, text) {
    const made = element("option", "", text);
    made.value = value;
    return made;
  }
  update();
})();
