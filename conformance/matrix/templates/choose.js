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

  const counted = (count, thing) => `${count} ${thing}${count === 1 ? "" : "s"}`;

  // What a file names, as a sentence; the calls are added to the others.
  const readOne = async (file, data, calls) => {
    try {
      const found = callsIn(await file.text(), data);
      for (const one of found.calls) calls.add(one);
      const said = found.calls.length ? `: ${counted(found.calls.length, "operation")} of measured services` : " names no operation of a measured service";
      const unread = found.unread ? `; not recognised: ${counted(found.unread, "request")} of other services, or whose service neither signature nor host names` : "";
      return `${file.name}${said}${unread}.`;
    } catch {
      return `${file.name} cannot be read.`;
    }
  };

  const read = async (files, data) => {
    const given = [...files];
    $("read").textContent = "Reading …";
    await new Promise((resume) => { setTimeout(resume); });
    const calls = new Set($("calls").value.split(/[\s,]+/).filter(Boolean));
    const said = [];
    for (const file of given) said.push(await readOne(file, data, calls));
    $("calls").value = [...calls].join("\n");
    $("read").textContent = said.join(" ");
    answer(data);
  };

  // What an emulator has of the chosen operations: a row of the table, or nothing where it was asked none.
  const row = (name, chosen, data) => {
    const asked = chosen.filter((one) => data.operations[one][name]);
    if (!asked.length) return null;
    const has = (one) => data.operations[one][name][0];
    const sum = (n) => asked.reduce((whole, one) => whole + data.operations[one][name][n], 0);
    const missing = asked.filter((one) => !has(one));
    const others = new Set(chosen.filter((one) => !asked.includes(one)).map((one) => one.split(":")[0]));
    return make("tr", { "data-subject": name },
      make("th", { scope: "row" }, make("a", { href: `subject/${name}.html` }, name)),
      make("td", null, `${asked.length - missing.length} of ${asked.length}`),
      make("td", null, tag("pass", `${sum(1)} passed`), " ", tag("fail", `${sum(2)} failed`), " ",
        tag("warn", `${sum(3)} warned`), " ", tag("inconclusive", `${sum(4)} inconclusive`)),
      make("td", null, missing.slice(0, 12).join(", ") + (missing.length > 12 ? ` and ${missing.length - 12} more` : ""),
        others.size ? make("div", { class: "hint" }, `not measured: ${[...others].join(", ")}`) : ""));
  };

  const answer = (data) => {
    const services = new Set([...document.querySelectorAll("[name=service]:checked")].map((one) => one.value));
    const calls = $("calls").value.split(/[\s,]+/).filter(Boolean);
    const chosen = Object.keys(data.operations)
      .filter((one) => services.has(one.split(":")[0]) || calls.includes(one));
    for (const line of document.querySelectorAll("[data-service]")) {
      const used = services.has(line.dataset.service) || chosen.some((one) => one.startsWith(`${line.dataset.service}:`));
      line.hidden = chosen.length > 0 && !used;
    }
    const box = $("answer");
    box.replaceChildren();
    const notice = (text, names) => names.length && box.append(make("p", { class: "notice" },
      `${text}: ${names.slice(0, 40).join(", ")}${names.length > 40 ? ` and ${names.length - 40} more` : ""}`));
    const names = new Set(data.names);
    const others = calls.filter((one) => !Object.hasOwn(data.operations, one));
    notice("Not asked, as they change things", others.filter((one) => names.has(one)));
    notice("No operation of a measured service", others.filter((one) => !names.has(one)));
    if (!chosen.length) {
      box.append(make("p", { class: "hint" }, "Nothing is chosen."));
      return;
    }
    const rows = data.subjects.map((name) => [name, row(name, chosen, data)]);
    const without = rows.filter(([, made]) => !made).map(([name]) => name);
    const head = ["emulator", "operations", "clauses", "missing"].map((one) => make("th", { scope: "col" }, one));
    box.append(make("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": "Emulators for what is chosen" },
      make("table", { class: "matrix areas" }, make("thead", null, make("tr", null, ...head)),
        make("tbody", null, ...rows.map(([, made]) => made).filter(Boolean)))));
    if (without.length) box.append(make("p", { class: "hint" }, `Not measured on any of them: ${without.join(", ")}.`));
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
