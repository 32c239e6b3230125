"use strict";
// Draws what opens below a line, and filters the lines. All text goes in as text, never as markup.
(() => {
  const $ = (id) => document.getElementById(id);
  const rows = [...document.querySelectorAll("details.row")];
  let data = null;

  // Control and bidirectional characters are shown as escapes: they would change how a text reads.
  const active = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;
  const shown = (text) => text.replace(active, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`);

  const make = (tag, attributes, ...inside) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) element.setAttribute(name, value);
    const given = inside.filter((one) => one !== null && one !== undefined);
    element.append(...given.map((one) => (typeof one === "string" ? shown(one) : one)));
    return element;
  };
  const announce = (text) => { $("said").textContent = ""; setTimeout(() => { $("said").textContent = text; }, 30); };

  const unpack = async () => {
    const letters = atob($("data").textContent);
    const bytes = new Uint8Array(letters.length);
    for (let i = 0; i < letters.length; i++) bytes[i] = letters.charCodeAt(i);
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Response(stream).json();
  };

  // ---------------------------------------------------------------- one finding

  // Python counts characters, the browser UTF-16 units: go by characters where they differ.
  const marked = (text, marks, where) => {
    const spans = marks.filter((mark) => mark[0] === where).map((mark) => [mark[1], mark[2]]);
    spans.sort((a, b) => a[0] - b[0] || b[1] - a[1]);
    const letters = /[\ud800-\udfff]/.test(text) ? [...text] : null;
    const part = (from, to) => letters ? letters.slice(from, to).join("") : text.slice(from, to);
    const pieces = [];
    let at = 0;
    for (const [start, end] of spans) {
      if (start < at || end <= start) continue;
      pieces.push(part(at, start), make("mark", null, part(start, end)));
      at = end;
    }
    pieces.push(part(at));
    return pieces;
  };

  const headerLines = (headers, marks, where) => {
    const spans = marks.filter((mark) => mark[0] === where);
    return headers.flatMap(([name, value], index) => {
      const line = `${name}: ${value}`;
      const hit = spans.some(([, start, end]) => index >= start && index < end);
      return ["\n", hit ? make("mark", null, line) : line];
    });
  };

  const block = (title, pieces) => {
    const label = make("p", { class: "label" }, title);
    return make("div", null, label, make("pre", { tabindex: "0", role: "group", "aria-label": title }, ...pieces));
  };

  const exchange = (one, marks) => {
    const { request, response } = one;
    const sent = [`${request.method} `, ...marked(request.url, marks, "request.url"),
      ...headerLines(request.headers || [], marks, "request.headers")];
    if (request.body) sent.push("\n\n", ...marked(request.body, marks, "request.body"));
    let came = [one.failure || ""];
    if (response) {
      const status = String(response.status);
      came = [marks.some((mark) => mark[0] === "response.status") ? make("mark", null, status) : status,
        ...headerLines(response.headers, marks, "response.headers"), "\n\n",
        ...(response.body ? marked(response.body, marks, "response.body") : ["(no body)"])];
    }
    return make("div", { class: "two" }, block("Request", sent), block("Response", came));
  };

  const copied = async (text, button) => {
    let done = true;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = make("textarea", { "aria-hidden": "true" });
      area.value = text;
      document.body.append(area);
      area.select();
      done = document.execCommand("copy");
      area.remove();
      button.focus();
    }
    button.textContent = done ? "Copied" : "Cannot copy";
    announce(done ? "Copied" : "Cannot copy here; select the text instead");
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  };

  const command = (title, text) => {
    const button = make("button", { type: "button", class: "plain copy", "aria-label": `Copy: ${title}` }, "Copy");
    button.addEventListener("click", () => copied(text, button));
    return make("div", null, make("p", { class: "label" }, title, button),
      make("pre", { tabindex: "0", role: "group", "aria-label": title }, text));
  };

  const again = (reproduce, whole) => {
    const { curl, python } = reproduce;
    const box = make("div", { class: "again" });
    if (whole) box.append(command("Run the case again", whole));
    if (curl) box.append(command("Reproduce with curl", curl));
    if (python && curl) box.append(make("details", null, make("summary", null, "The same in Python"), command("Reproduce in Python", python)));
    else if (python) box.append(command("Reproduce in Python", python));
    return box;
  };

  const story = (steps) => make("ol", { class: "steps" }, ...steps.map((step) => make("li", null,
    make(step.breaks ? "mark" : "span", null, `${step.operation} ${step.sent} → ${step.answer}`))));

  const pairs = (entries) => make("dl", { class: "pairs" },
    ...entries.filter(([, value]) => value).flatMap(([name, value]) => [make("dt", null, name), make("dd", null, value)]));

  const finding = (one, whole) => {
    const parts = [pairs([
      ["expected", whole ? one.expected : ""], ["observed", one.observed],
      ["case", make("code", null, one.case)],
    ])];
    const stored = one.exchange && data.exchanges[one.exchange];
    if (stored) parts.push(exchange(stored, one.marks || []));
    if (one.steps) parts.push(story(one.steps));
    if (one.reproduce || one.again) parts.push(again(one.reproduce || {}, one.again));
    return parts;
  };

  // A long body opens at its offending part.
  const toMarks = (box) => {
    for (const pre of box.querySelectorAll("pre")) {
      const first = pre.querySelector("mark");
      if (first && first.offsetTop > pre.clientHeight) pre.scrollTop = first.offsetTop - pre.clientHeight / 3;
    }
  };

  const documented = (one) => one.href
    ? make("a", { href: one.href, rel: "noreferrer" }, one.source)
    : document.createTextNode(one.source);

  const draw = (row) => {
    const about = data.rows[row.dataset.r];
    const found = about.f.map((index) => data.findings[index]);
    const [first, ...others] = found;
    const expectation = data.expectations[first.expectation];
    const body = make("div", { class: "body" }, pairs([
      ["clause", make("span", null, make("code", null, about.c), " ", make("a", { href: `#${about.c}`, "aria-label": `Address of ${about.c}` }, "#"))],
      ["level", first.level], ["documented", documented(first)],
      ["known", expectation && `expected: ${expectation.reason}`],
    ]));
    if (about.v === "pass") {
      body.append(pairs([["promise", first.expected], ["passed in", `${first.cases} case${first.cases === 1 ? "" : "s"}, among them ${first.case}`]]));
    } else {
      body.append(...finding(first, true));
    }
    if (others.length) {
      const box = make("div", { class: "others" }, make("p", null, `${others.length} more case${others.length === 1 ? "" : "s"}`));
      const more = (from) => {
        for (const one of others.slice(from, from + 50)) {
          const inner = make("details", null, make("summary", null, make("code", null, one.case), ` ${one.observed}`));
          inner.addEventListener("toggle", () => { inner.append(...finding(one, one.expected !== first.expected)); toMarks(inner); }, { once: true });
          box.append(inner);
        }
        if (from + 50 < others.length) {
          const button = make("button", { type: "button", class: "plain" }, `Show ${others.length - from - 50} more`);
          button.addEventListener("click", () => { button.remove(); more(from + 50); });
          box.append(button);
        }
      };
      more(0);
      body.append(box);
    }
    row.append(body);
    toMarks(body);
  };

  const opened = (row) => { if (data && row.open && !row.querySelector(".body")) draw(row); };
  document.addEventListener("toggle", (event) => { if (event.target.matches?.("details.row")) opened(event.target); }, true);

  // ---------------------------------------------------------------- filters

  const form = document.querySelector(".filters");
  const groups = [...document.querySelectorAll(".cause, .group")];
  let haystacks = null;
  const haystack = (index) => {
    haystacks ||= data.rows.map((row) => [row.c, row.v, ...row.f.flatMap((i) => {
      const one = data.findings[i];
      return [one.case, one.expected, one.observed, one.source];
    })].join("\n").toLowerCase());
    return haystacks[index];
  };
  const unfolded = new Set();

  const filter = () => {
    const words = $("text").value.toLowerCase().split(/\s+/).filter(Boolean);
    const operation = $("operation").value;
    const area = $("area").value;
    const verdicts = new Set([...form.querySelectorAll("[name=verdict]:checked")].map((box) => box.value));
    const active = Boolean(words.length || operation || area || verdicts.size);
    let shown = 0;
    for (const row of rows) {
      const about = data.rows[row.dataset.r];
      const fits = (!operation || about.c.startsWith(`${operation}/`)) && (!area || about.a === area)
        && (!verdicts.size || verdicts.has(about.v))
        && words.every((word) => haystack(row.dataset.r).includes(word));
      row.hidden = !fits;
      shown += fits;
    }
    for (const group of groups) group.hidden = active && !group.querySelector("details.row:not([hidden])");
    for (const number of document.querySelectorAll("[data-counts]")) {
      const counted = number.closest(".group").querySelectorAll(number.dataset.counts);
      number.textContent = String([...counted].filter((one) => !one.hidden).length);
    }
    for (const fold of document.querySelectorAll("details.fold")) {
      const inside = fold.querySelector("details.row:not([hidden])");
      if (fold.matches(".more")) fold.hidden = active && !inside;
      if (active && !fold.open && !fold.hidden) { fold.open = true; unfolded.add(fold); }
      if (!active && unfolded.delete(fold)) fold.open = false;
    }
    for (const cell of document.querySelectorAll(".cell")) {
      cell.setAttribute("aria-pressed", String(cell.dataset.operation === operation && cell.dataset.area === area));
    }
    $("nothing").hidden = shown > 0;
    $("clear").hidden = !active;
    $("count").textContent = active ? `${shown} of ${rows.length} lines` : `${rows.length} lines`;
  };

  let waiting = 0;
  form.addEventListener("input", (event) => {
    clearTimeout(waiting);
    waiting = setTimeout(filter, event.target.id === "text" ? 120 : 0);
  });
  form.addEventListener("submit", (event) => { event.preventDefault(); filter(); });
  form.addEventListener("reset", () => setTimeout(filter));
  document.querySelector(".matrix").addEventListener("click", (event) => {
    const cell = event.target.closest(".cell");
    if (!cell || !data) return;
    const again = cell.getAttribute("aria-pressed") === "true";
    $("operation").value = again ? "" : cell.dataset.operation;
    $("area").value = again ? "" : cell.dataset.area;
    filter();
    if (!again) { $("findings").scrollIntoView(); $("findings").focus({ preventScroll: true }); }
  });
  document.addEventListener("keydown", (event) => {
    const typing = event.target.matches?.("input, select, textarea");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      $("text").focus();
    } else if (event.key === "Escape" && !$("clear").hidden) {
      form.reset();
    }
  });

  // ---------------------------------------------------------------- addresses

  const goTo = () => {
    let name = location.hash.slice(1);
    try { name = decodeURIComponent(name); } catch { /* used as it is */ }
    if (!name) return;
    const lines = rows.filter((row) => data.rows[row.dataset.r].c === name);
    if (!lines.length) {
      if (!$(name)) announce(`This report has no clause ${name}`);
      return;
    }
    if (lines.some((row) => row.hidden)) { form.reset(); filter(); }
    document.querySelectorAll(".named").forEach((row) => row.classList.remove("named"));
    for (const row of lines) {
      for (let up = row.parentElement; up; up = up.parentElement) if (up.matches("details")) up.open = true;
      row.open = true;
      row.classList.add("named");
      opened(row);
    }
    const sticks = getComputedStyle(form).position === "sticky";
    document.documentElement.style.scrollPaddingTop = sticks ? `${form.offsetHeight + 12}px` : "1rem";
    lines[0].scrollIntoView();
    lines[0].querySelector("summary").focus({ preventScroll: true });
  };

  unpack().then((content) => {
    data = content;
    filter();
    rows.forEach(opened);
    goTo();
    window.addEventListener("hashchange", goTo);
    document.documentElement.dataset.ready = String(Math.round(performance.now()));
  }, () => {
    $("count").textContent = "This browser cannot read the report's data; report.json beside it holds everything.";
  });
})();
