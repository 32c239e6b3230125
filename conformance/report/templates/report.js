"use strict";
// Draws what opens below a line, and filters the lines. All text goes in as text, never as markup.
(() => {
  const $ = (id) => document.getElementById(id);
  // Number → the line of a clause. A page of very many holds few of them; the others are drawn.
  const rows = new Map([...document.querySelectorAll("details.row")].map((row) => [Number(row.dataset.r), row]));
  const lists = [...document.querySelectorAll(".rows[data-from]")].map((box) => (
    { box, from: Number(box.dataset.from), to: Number(box.dataset.to), fits: [], more: null }));
  // How many lines of a list are drawn at once.
  const BATCH = 100;
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

  const unpack = async (element) => {
    const letters = atob(element.textContent);
    const bytes = new Uint8Array(letters.length);
    for (let i = 0; i < letters.length; i++) bytes[i] = letters.charCodeAt(i);
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Response(stream).json();
  };

  // The findings of the lines from a number on, unpacked when one of them is first opened.
  const parts = [...document.querySelectorAll("script[data-part]")].map((element) => (
    { element, from: Number(element.dataset.part), loading: null, found: null }));
  const load = (part) => {
    part.loading ||= unpack(part.element).then(({ rows: found, exchanges }) => {
      for (const one of found.flat()) one.exchange &&= exchanges[one.exchange];
      part.found = found;
    });
    return part.loading;
  };
  const partOf = (number) => parts.findLast((part) => part.from <= number);
  const findingsOf = (number) => {
    const part = partOf(number);
    return part.found[number - part.from];
  };

  const clauseOf = ([operation, path]) => `${data.operations[operation]}/${path}`;
  const about = (number) => {
    const [operation, path, area, verdict, observed, cases] = data.rows[number];
    return { operation: data.operations[operation], path, a: data.areas[area], v: data.verdicts[verdict],
      observed: data.texts[observed], cases, c: clauseOf(data.rows[number]) };
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
    const pieces = [pairs([
      ["expected", whole ? one.expected : ""], ["observed", one.observed],
      ["case", make("code", null, one.case)],
    ])];
    if (one.exchange) pieces.push(exchange(one.exchange, one.marks || []));
    if (one.steps) pieces.push(story(one.steps));
    if (one.reproduce || one.again) pieces.push(again(one.reproduce || {}, one.again));
    return pieces;
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
    const line = about(Number(row.dataset.r));
    const [first, ...others] = findingsOf(Number(row.dataset.r));
    const expectation = data.expectations[first.expectation];
    const body = make("div", { class: "body" }, pairs([
      ["clause", make("span", null, make("code", null, line.c), " ", make("a", { href: `#${line.c}`, "aria-label": `Address of ${line.c}` }, "#"))],
      ["level", first.level], ["documented", documented(first)],
      ["known", expectation && `expected: ${expectation.reason}`],
    ]));
    if (line.v === "pass") {
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

  const opened = async (row) => {
    if (!data || !row.open || row.querySelector(".body")) return;
    await load(partOf(Number(row.dataset.r)));
    if (!row.querySelector(".body")) draw(row);
  };
  document.addEventListener("toggle", (event) => {
    if (event.target.matches?.("details.row")) opened(event.target);
    else if (data && event.target.open && event.target.matches?.("details.fold")) {
      for (const list of lists) if (event.target.contains(list.box)) fill(list);
    }
  }, true);

  // ---------------------------------------------------------------- lines

  const tag = (verdict) => make("span", { class: `v v-${verdict}` }, verdict);
  const line = (number) => {
    const one = about(number);
    const parts = [tag(one.v), make("span", { class: "c" }, make("span", { class: "op" }, `${one.operation}/`), make("wbr"), one.path)];
    if (one.v !== "pass") parts.push(" ", make("span", { class: "o" }, one.observed));
    if (one.cases > 1) parts.push(" ", make("span", { class: "n" }, `${one.cases} cases`));
    const row = make("details", { class: "row", "data-r": String(number) }, make("summary", null, ...parts));
    if (!$(one.c)) row.id = one.c;
    return row;
  };

  // The line of a number, drawn at its place where the page does not hold it yet.
  const lineOf = (list, number) => {
    if (!rows.has(number)) {
      const next = [...list.box.children].find((child) => !(Number(child.dataset.r) < number));
      rows.set(number, line(number));
      list.box.insertBefore(rows.get(number), next || null);
    }
    return rows.get(number);
  };

  // Draws some of the lines that fit and that the page does not hold, where they can be seen.
  const fill = (list) => {
    if (list.box.closest("details:not([open])")) return;
    const missing = list.fits.filter((number) => !rows.has(number));
    list.more?.remove();
    for (const number of missing.slice(0, BATCH)) lineOf(list, number);
    if (missing.length <= BATCH) return;
    list.more = make("button", { type: "button", class: "plain" }, `Show ${Math.min(BATCH, missing.length - BATCH)} more of ${missing.length - BATCH}`);
    list.more.addEventListener("click", () => fill(list));
    list.box.append(list.more);
  };

  // ---------------------------------------------------------------- filters

  const form = document.querySelector(".filters");
  const groups = [...document.querySelectorAll(".cause, .group")];
  let haystacks = null;
  // Of very many findings only what their lines show is searched.
  const haystack = (number) => {
    haystacks ||= data.rows.map((row, index) => [clauseOf(row), data.verdicts[row[3]], data.texts[row[4]],
      ...(parts.length > 1 ? [] : findingsOf(index).flatMap((one) => [one.case, one.expected, one.observed, one.source])),
    ].join("\n").toLowerCase());
    return haystacks[number];
  };
  const unfolded = new Set();

  const filter = () => {
    const words = $("text").value.toLowerCase().split(/\s+/).filter(Boolean);
    const operation = $("operation").value;
    const area = $("area").value;
    const verdicts = new Set([...form.querySelectorAll("[name=verdict]:checked")].map((box) => box.value));
    const active = Boolean(words.length || operation || area || verdicts.size);
    // an operation, or all of a service
    const chosen = data.operations.map((one) => !operation || one === operation || one.startsWith(`${operation}:`));
    const fits = (number) => {
      const [of, , in_, verdict] = data.rows[number];
      return chosen[of] && (!area || data.areas[in_] === area) && (!verdicts.size || verdicts.has(data.verdicts[verdict]))
        && words.every((word) => haystack(number).includes(word));
    };
    let shown = 0;
    for (const list of lists) {
      list.fits = [];
      for (let number = list.from; number < list.to; number++) {
        const fit = fits(number);
        if (fit) list.fits.push(number);
        if (rows.has(number)) rows.get(number).hidden = !fit;
      }
      shown += list.fits.length;
    }
    const within = (box) => lists.reduce((sum, list) => sum + (box.contains(list.box) ? list.fits.length : 0), 0);
    for (const group of groups) group.hidden = active && !within(group);
    for (const number of document.querySelectorAll("[data-counts]")) {
      const group = number.closest(".group");
      const boxes = [...group.querySelectorAll(".cause")].filter((one) => !one.hidden).length;
      number.textContent = String(number.dataset.counts === ".cause" ? boxes : within(group));
    }
    for (const fold of document.querySelectorAll("details.fold")) {
      const inside = within(fold);
      if (fold.matches(".more")) fold.hidden = active && !inside;
      if (active && !fold.open && !fold.hidden) { fold.open = true; unfolded.add(fold); }
      if (!active && unfolded.delete(fold)) fold.open = false;
    }
    for (const cell of document.querySelectorAll(".cell")) {
      cell.setAttribute("aria-pressed", String(cell.dataset.operation === operation && cell.dataset.area === area));
    }
    $("nothing").hidden = shown > 0;
    $("clear").hidden = !active;
    lists.forEach(fill);
    $("count").textContent = active ? `${shown} of ${data.rows.length} lines` : `${data.rows.length} lines`;
  };

  let waiting = 0;
  form.addEventListener("input", (event) => {
    clearTimeout(waiting);
    waiting = setTimeout(filter, event.target.id === "text" ? 120 : 0);
  });
  form.addEventListener("submit", (event) => { event.preventDefault(); filter(); });
  form.addEventListener("reset", () => setTimeout(filter));
  // The lines of a service's operations below its own, where the table has a line for each service.
  const unfold = (button) => {
    const open = button.getAttribute("aria-expanded") !== "true";
    button.setAttribute("aria-expanded", String(open));
    const service = button.closest("tr");
    while (service.nextElementSibling?.matches(".of-service")) service.nextElementSibling.remove();
    if (!open) return;
    const cell = (operation, area, counts) => {
      if (!counts) return make("td", { class: "none" }, "·");
      const [passed, all, worst, worse] = counts;
      const inside = [make("b", null, String(passed), make("span", { class: "of" }, `/${all}`)),
        ...worse.map(([verdict, count]) => make("span", { class: `v v-${verdict} small` }, `${count} ${verdict}`))];
      return make("td", null, make("button", { type: "button", class: `cell w-${worst}`, "data-operation": operation, "data-area": area }, ...inside));
    };
    const lines = Object.entries(data.matrix).filter(([name]) => name.startsWith(`${button.dataset.service}:`));
    service.after(...lines.map(([name, cells]) => make("tr", { class: "of-service" },
      make("th", { scope: "row" }, name), ...data.columns.map((area) => cell(name, area, cells[area])))));
  };
  document.querySelector(".matrix").addEventListener("click", (event) => {
    const button = event.target.closest(".unfold");
    if (button && data) unfold(button);
    const cell = event.target.closest(".cell");
    if (!cell || !data) return;
    const again = cell.getAttribute("aria-pressed") === "true";
    const wanted = again ? "" : cell.dataset.operation;
    if (![...$("operation").options].some((one) => one.value === wanted || one.text === wanted)) $("operation").append(make("option", null, wanted));
    $("operation").value = wanted;
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

  const goTo = async () => {
    let name = location.hash.slice(1);
    try { name = decodeURIComponent(name); } catch { /* used as it is */ }
    if (!name) return;
    const found = lists.flatMap((list) => {
      const numbers = [];
      for (let number = list.from; number < list.to; number++) if (clauseOf(data.rows[number]) === name) numbers.push(number);
      return numbers.map((number) => lineOf(list, number));
    });
    if (!found.length) {
      if (!$(name)) announce(`This report has no clause ${name}`);
      return;
    }
    if (found.some((row) => row.hidden)) { form.reset(); filter(); }
    document.querySelectorAll(".named").forEach((row) => row.classList.remove("named"));
    for (const row of found) {
      for (let up = row.parentElement; up; up = up.parentElement) if (up.matches("details")) up.open = true;
      row.open = true;
      row.classList.add("named");
      await opened(row);
    }
    const sticks = getComputedStyle(form).position === "sticky";
    document.documentElement.style.scrollPaddingTop = sticks ? `${form.offsetHeight + 12}px` : "1rem";
    found[0].scrollIntoView();
    found[0].querySelector("summary").focus({ preventScroll: true });
  };

  unpack($("data")).then(async (content) => {
    data = content;
    if (parts.length === 1) await load(parts[0]);
    filter();
    await Promise.all([...rows.values()].map(opened));
    await goTo();
    window.addEventListener("hashchange", goTo);
    document.documentElement.dataset.ready = String(Math.round(performance.now()));
  }, () => {
    $("count").textContent = "This browser cannot read the report's data; report.json beside it holds everything.";
  });
})();
