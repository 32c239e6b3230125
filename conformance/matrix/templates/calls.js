"use strict";
// The calls that a file names: as service:Operation, or as requests name them on the wire; and how many
// of its requests name none. Whatever a file holds, reading it does not fail.
const callsIn = (() => {
  // Text in base64, as vcrpy writes botocore's headers and bodies, is read as what it encodes.
  const decoded = (text) => text.replace(/!!binary \|\s+([A-Za-z0-9+/=]+(?:\s+[A-Za-z0-9+/=]+(?=\s|$))*)/g, (whole, coded) => {
    try { return atob(coded.replace(/\s+/g, "")); } catch { return whole; }
  });
  const folded = (pairs) => pairs.map(([name, value]) => `${name}: ${value}`).join("\n");

  // The requests of a HAR file, or of vcrpy's interactions in JSON or YAML.
  const requestsIn = (text) => {
    let file = null;
    try { file = JSON.parse(text); } catch { /* it is no JSON */ }
    const entries = Array.isArray(file?.log?.entries) ? file.log.entries : Array.isArray(file?.interactions) ? file.interactions : [];
    const named = (pairs) => (Array.isArray(pairs) ? pairs.filter(Boolean).map((pair) => [pair.name, pair.value]) : Object.entries(pairs || {}));
    if (file) {
      return entries.map((one) => one?.request).filter((one) => one?.method && (one.url || one.uri)).map((one) => {
        const pairs = named(one.headers);
        const form = named(one.postData?.params).map((pair) => pair.join("=")).join("&");
        const body = one.postData?.text || form || (typeof one.body === "string" ? one.body : one.body?.string || "");
        return { method: one.method, url: one.url || one.uri, headers: folded(pairs), body: String(body) };
      });
    }
    return text.split(/^\s*- request:/m).slice(1).map((chunk) => {
      const whole = decoded(chunk.split(/^\s*response:/m)[0]);
      const [body, ...rest] = whole.split(/^\s*headers:/m);
      const line = (name) => whole.match(new RegExp(`^\\s*${name}: ['"]?([^\\s'"]+)`, "m"))?.[1] || "";
      return { method: line("method"), url: line("uri"), headers: rest.join(""), body: body.replace(/^\s*body:\s*['"]?/, "") };
    });
  };

  // The services that a request is for, by its signature, else by its host.
  const servicesOf = (request, url, data) => {
    const scope = /\/\d{8}\/[\w-]+\/([\w.-]+)\/aws4_request/.exec(`${request.headers} ${url.search.replaceAll("%2F", "/")}`)?.[1];
    const express = scope === "s3express" || /(^|\.)s3express-/.test(url.hostname);
    const names = Object.keys(data.wire);
    const labels = /\.(amazonaws\.com(\.cn)?|api\.aws|localhost\.localstack\.cloud)$/.test(url.hostname) ? url.hostname.split(".") : [];
    const bucket = labels.findIndex((one) => /^s3(-|express-|$)/.test(one));
    const signed = names.filter((one) => data.wire[one].signing === (express ? "s3" : scope));
    const called = names.filter((one) => labels.includes(data.wire[one].endpoint) || (one === "s3" && bucket >= 0));
    // a bucket in the host is one in the path
    const path = bucket > 0 ? `/${labels.slice(0, bucket).join(".")}${url.pathname}` : url.pathname;
    return { services: signed.length ? signed : called, path, express };
  };

  // How well a request fits a route, part by part; the greater the better. As the suite's own.
  const fit = (route, method, path, query, headers) => {
    if (method !== route.method || !new RegExp(`^(?:${route.path})$`).test(path)) return null;
    for (const [name, value] of Object.entries(route.query)) {
      if (!query.has(name) || (value && query.get(name) !== value)) return null;
    }
    const needs = [...route.queryNeeds.map((one) => query.has(one)), ...route.headerNeeds.map((one) => headers.has(one))];
    const met = needs.filter(Boolean).length;
    const strange = [...query.keys()].filter((one) => !route.knows.includes(one) && !(one in route.query)).length;
    return [met - needs.length, Object.keys(route.query).length, met, route.literals, -route.greedy, -strange, -route.deprecated];
  };
  const order = (one, other) => {
    const part = one.findIndex((value, n) => value !== other[n]);
    return part < 0 ? 0 : one[part] - other[part];
  };

  const routed = (request, data) => {
    let url = null;
    try { url = new URL(request.url); } catch { return []; }
    const { services, path, express } = servicesOf(request, url, data);
    const action = /(?:^|[&?])Action=([A-Z]\w*)/.exec(request.body)?.[1] || url.searchParams.get("Action");
    if (action) {
      const having = data.names.filter((one) => one.endsWith(`:${action}`));
      return having.filter((one) => having.length === 1 || services.includes(one.split(":")[0]));
    }
    const query = new Map([...url.searchParams].filter(([name]) => name !== "x-id" && !name.startsWith("X-Amz-")));
    const stated = url.searchParams.get("x-id");
    const headers = new Set([...request.headers.matchAll(/^\s*([\w-]+):/gm)].map((one) => one[1].toLowerCase()));
    return services.flatMap((service) => {
      const fits = (data.wire[service].routes || [])
        .filter((route) => (stated === null || stated === route.operation) && (route.express === null || route.express === express))
        .map((route) => ({ route, fit: fit(route, request.method, path, query, headers) }))
        .filter((one) => one.fit)
        .sort((one, other) => order(other.fit, one.fit));
      // what two operations fit equally well is not decided
      const decided = fits.length && !(fits.length > 1 && order(fits[0].fit, fits[1].fit) === 0);
      return decided ? [`${service}:${fits[0].route.operation}`] : [];
    });
  };

  return (text, data) => {
    const whole = decoded(text);
    const found = new Set();
    const names = new Set(data.names);
    const targets = (target) => Object.keys(data.wire).filter((one) => data.wire[one].target === target);
    const add = (calls) => calls.filter((one) => names.has(one)).forEach((one) => found.add(one));
    // in X-Amz-Target, and in the paths of CBOR
    const aimed = (part) => [/(?<![\w.])(\w+)\.([A-Z]\w+)(?![\w.])/g, /\/service\/(\w+)\/operation\/(\w+)/g]
      .flatMap((form) => [...part.matchAll(form)])
      .flatMap(([, target, operation]) => targets(target).map((one) => `${one}:${operation}`));
    add([...whole.matchAll(/(?<![\w.:-])([a-z][a-z0-9-]*):([A-Z][A-Za-z0-9]+)(?![\w:-])/g)].map(([, name, operation]) => `${name}:${operation}`));
    add(aimed(whole));
    const requests = requestsIn(text).map((request) => [...aimed(`${request.headers} ${request.url}`), ...routed(request, data)]);
    requests.forEach(add);
    // an action of a query in any other file belongs to the services that the file calls
    const called = Object.keys(data.wire).filter((one) => whole.includes(`//${data.wire[one].endpoint}.`) || whole.includes(`/${data.wire[one].signing}/aws4_request`));
    for (const [, operation] of whole.matchAll(/(?<![\w])Action=([A-Z]\w+)/g)) {
      const having = Object.keys(data.wire).filter((one) => names.has(`${one}:${operation}`));
      add(having.filter((name) => having.length === 1 || called.includes(name)).map((one) => `${one}:${operation}`));
    }
    return { calls: [...found].sort(), unread: requests.filter((one) => !one.length).length };
  };
})();
