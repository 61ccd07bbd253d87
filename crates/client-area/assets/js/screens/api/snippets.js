/** A call as a program would make it, in several languages. */

/**
 * @param {string} method
 * @param {Record<string, unknown>} params
 * @param {number} [indent]
 */
function body(method, params, indent) {
  return JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }, null, indent);
}

/** @param {string} text */
function shellQuoted(text) {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A JSON value as a Python or PHP literal. @param {unknown} value @param {{ none: string, yes: string, no: string, open: [string, string], list: [string, string], arrow: string, text: (text: string) => string }} form @returns {string} */
function literal(value, form) {
  if (value === null) return form.none;
  if (value === true) return form.yes;
  if (value === false) return form.no;
  if (typeof value === "string") return form.text(value);
  if (Array.isArray(value)) return `${form.list[0]}${value.map((item) => literal(item, form)).join(", ")}${form.list[1]}`;
  if (typeof value === "object") {
    const members = Object.entries(value).map(([name, member]) => `${form.text(name)}${form.arrow}${literal(member, form)}`);
    return `${form.open[0]}${members.join(", ")}${form.open[1]}`;
  }
  return String(value);
}

const PYTHON = { none: "None", yes: "True", no: "False", open: /** @type {[string, string]} */ (["{", "}"]), list: /** @type {[string, string]} */ (["[", "]"]), arrow: ": ", text: (/** @type {string} */ text) => JSON.stringify(text) };
const PHP = { none: "null", yes: "true", no: "false", open: /** @type {[string, string]} */ (["[", "]"]), list: /** @type {[string, string]} */ (["[", "]"]), arrow: " => ", text: (/** @type {string} */ text) => `'${text.replace(/[\\']/g, "\\$&")}'` };

/** @type {{ name: string, text: (address: string, method: string, params: Record<string, unknown>) => string }[]} */
export const SNIPPETS = [
  { name: "curl", text: (address, method, params) => `curl -s ${address} \\\n  -H 'Content-Type: application/json' \\\n  -d ${shellQuoted(body(method, params))}` },
  {
    name: "Python",
    text: (address, method, params) =>
      `import json, urllib.request\n\ncall = {"jsonrpc": "2.0", "id": 1, "method": ${JSON.stringify(method)},\n        "params": ${literal(params, PYTHON)}}\nrequest = urllib.request.Request(\n    ${JSON.stringify(address)}, json.dumps(call).encode(), {"Content-Type": "application/json"})\nanswer = json.load(urllib.request.urlopen(request))\nif "error" in answer:\n    raise SystemExit(answer["error"]["data"]["mnemonic"])\nprint(answer["result"]["data"])`,
  },
  {
    name: "PHP",
    text: (address, method, params) =>
      `<?php\n$call = ['jsonrpc' => '2.0', 'id' => 1, 'method' => ${PHP.text(method)},\n    'params' => ${literal(params, PHP)}];\n$options = ['http' => ['method' => 'POST', 'header' => 'Content-Type: application/json',\n    'content' => json_encode($call)]];\n$answer = json_decode(file_get_contents(${PHP.text(address)}, false, stream_context_create($options)), true);\nif (isset($answer['error'])) {\n    exit($answer['error']['data']['mnemonic']);\n}\nprint_r($answer['result']['data']);`,
  },
  {
    name: "JavaScript",
    text: (address, method, params) =>
      `const response = await fetch(${JSON.stringify(address)}, {\n  method: "POST",\n  headers: { "Content-Type": "application/json" },\n  body: JSON.stringify(${body(method, params, 2).replaceAll("\n", "\n  ")}),\n});\nconst { result, error } = await response.json();\nif (error) throw new Error(error.data.mnemonic);\nconsole.log(result.data);`,
  },
];
