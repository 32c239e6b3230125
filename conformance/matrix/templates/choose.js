"use strict";
// Says which emulator has the services or calls that are chosen. All text goes in as text.
(() => {
  const $ = (id) => document.getElementById(id);
  const make = (tag, attributes, ...inside) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) element.setAttribute(name, value);
    element.append(...inside);
    return element;
  };
  const unpack = async () => {
    const letters = atob($("data").textContent);
    const bytes = Uint8Array.from(letters, (one) => one.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Response(stream).json();
  };
  const tag = (verdict, text) => make("span", { class: `v v-${verdict} small` }, text);

  const read = async (files, data) => {
    const calls = new Set($("calls").value.split(/[\s,]+/).filter(Boolean));
    const before = calls.size;
    for (const file of files) for (const one of callsIn(await file.text(), data)) calls.add(one);
    $("calls").value = [...calls].join("\n");
    const names = [...files].map((one) => one.name).join(", ");
    $("read").textContent = calls.size > before
      ? `${names}: ${calls.size - before} operations of measured services`
      : `${names} names no operation of a measured service`;
    answer(data);
  };

  const answer = (data) => {
    const services = new Set([...document.querySelectorAll("[name=service]:checked")].map((one) => one.value));
    const calls = $("calls").value.split(/[\s,]+/).filter(Boolean);
    const unknown = calls.filter((one) => !data.operations[one]);
    const chosen = Object.keys(data.operations)
      .filter((one) => services.has(one.split(":")[0]) || calls.includes(one));
    for (const row of document.querySelectorAll("[data-service]")) {
      const used = services.has(row.dataset.service) || chosen.some((one) => one.startsWith(`${row.dataset.service}:`));
      row.hidden = chosen.length > 0 && !used;
    }
    const box = $("answer");
    box.replaceChildren();
    if (unknown.length) box.append(make("p", { class: "notice" }, `Not among the operations that were asked: ${unknown.join(", ")}`));
    if (!chosen.length) {
      box.append(make("p", { class: "hint" }, "Nothing is chosen."));
      return;
    }
    const body = make("tbody", null, ...data.subjects.map((name) => {
      const asked = chosen.map((one) => data.operations[one][name]);
      const measured = asked.filter(Boolean);
      const missing = chosen.filter((one, n) => asked[n] && !asked[n][0]);
      const sum = (n) => measured.reduce((whole, one) => whole + one[n], 0);
      const there = measured.filter((one) => one[0]).length;
      return make("tr", { "data-subject": name },
        make("th", { scope: "row" }, make("a", { href: `subject/${name}.html` }, name)),
        make("td", null, `${there} of ${chosen.length}`),
        make("td", null, tag("pass", `${sum(1)} passed`), " ", tag("fail", `${sum(2)} failed`), " ",
          tag("warn", `${sum(3)} warned`), " ", tag("inconclusive", `${sum(4)} inconclusive`)),
        make("td", null, missing.slice(0, 12).join(", ") + (missing.length > 12 ? ` and ${missing.length - 12} more` : "")));
    }));
    const head = ["emulator", "operations", "clauses", "missing"].map((one) => make("th", { scope: "col" }, one));
    box.append(make("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": "Emulators for what is chosen" },
      make("table", { class: "matrix areas" }, make("thead", null, make("tr", null, ...head)), body)));
  };

  unpack().then((data) => {
    const form = document.querySelector("#choose form");
    form.addEventListener("input", (event) => { if (event.target.id !== "file") answer(data); });
    $("file").addEventListener("change", (event) => read(event.target.files, data));
    form.addEventListener("dragover", (event) => event.preventDefault());
    form.addEventListener("drop", (event) => {
      if (!event.dataTransfer.files.length) return;
      event.preventDefault();
      read(event.dataTransfer.files, data);
    });
    form.addEventListener("submit", (event) => event.preventDefault());
    answer(data);
    document.documentElement.dataset.ready = "1";
  });
})();
