"use strict";
// Draws what opens below a clause, and filters the clauses. All text goes in as text.
(() => {
  const $ = (id) => document.getElementById(id);
  const rows = [...document.querySelectorAll("details.row")];
  const active = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;
  const shown = (text) => text.replace(active, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`);
  const make = (tag, attributes, ...inside) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) element.setAttribute(name, value);
    element.append(...inside.filter(Boolean).map((one) => (typeof one === "string" ? shown(one) : one)));
    return element;
  };
  const unpack = async () => {
    const letters = atob($("data").textContent);
    const bytes = Uint8Array.from(letters, (one) => one.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Response(stream).json();
  };

  const block = (title, text) => make("div", null, make("p", { class: "label" }, title),
    make("pre", { tabindex: "0", role: "group", "aria-label": title }, text || "(nothing)"));
  const message = (first, one) => [first, ...one.headers.map(([name, value]) => `${name}: ${value}`)].join("\n")
    + (one.body ? `\n\n${one.body}` : "");
  const exchange = ({ request, response, failure }) => make("div", { class: "two" },
    block("Request", message(`${request.method} ${request.url}`, request)),
    block("Response", response ? message(String(response.status), response) : failure));

  const finding = (name, one) => {
    const source = one.href ? make("a", { href: one.href, rel: "noreferrer" }, one.source) : one.source;
    const pairs = [["expected", one.expected], ["observed", one.observed], ["source", source],
      ["case", make("code", null, one.case)], ...one.said.map((text) => ["answer", text])];
    return make("div", { class: "evidence", "data-subject": name },
      make("p", { class: "by" }, make("strong", null, name)),
      make("dl", { class: "pairs" }, ...pairs.flatMap(([term, value]) => [make("dt", null, term), make("dd", null, value)])),
      one.exchange && exchange(one.exchange),
      one.curl && block("Reproduce with curl", one.curl));
  };

  const check = (one) => make("p", { class: "notice checked" }, `Compared with the documentation by hand: ${one.result}. ${one.text} `,
    one.href && make("a", { href: one.href, rel: "noreferrer" }, "source"));

  unpack().then((data) => {
    for (const row of rows) {
      row.addEventListener("toggle", () => {
        if (!row.open || row.querySelector(".body")) return;
        const found = Object.entries(data.findings[row.dataset.clause] || {});
        const checks = data.checked[row.dataset.clause] || [];
        row.append(make("div", { class: "body" }, ...checks.map(check), ...found.map(([name, one]) => finding(name, one))));
      });
    }
    const form = document.querySelector(".filters");
    const filter = () => {
      const words = $("text").value.toLowerCase().split(/\s+/).filter(Boolean);
      const by = $("by").value;
      let count = 0;
      for (const row of rows) {
        const clause = row.dataset.clause;
        const fits = words.every((word) => clause.toLowerCase().includes(word)) && (!by || Boolean((data.findings[clause] || {})[by]));
        row.hidden = !fits;
        count += fits;
      }
      for (const group of document.querySelectorAll("details.group")) {
        group.hidden = !group.querySelector("details.row:not([hidden])");
      }
      $("count").textContent = `${count} of ${rows.length} lines`;
    };
    if (form) {
      form.addEventListener("input", filter);
      form.addEventListener("submit", (event) => event.preventDefault());
      document.addEventListener("keydown", (event) => {
        const typing = event.target.matches?.("input, select, textarea");
        if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
          event.preventDefault();
          $("text").focus();
        }
      });
      filter();
    }
    document.documentElement.dataset.ready = "1";
  });
})();
