/** A request as it goes over the wire, and as a program that sends it. */

import { toPath } from './ask-bridge.js';

/** Stands where the key goes that this page sends: it is shown nowhere. */
const KEY_VARIABLE = 'BRIDGE_KEY';
/** Longer runs of base64 are cut where they are only shown. */
const LONG_BASE64 = /[A-Za-z0-9+/]{400,}={0,2}/g;

export const FORMS = [
  { name: 'HTTP', toText: toHttp },
  { name: 'curl', toText: toCurl },
  { name: 'Python', toText: toPython },
  { name: 'JavaScript', toText: toJavaScript },
];

/** `text` as it is shown: what is in images is no use to a reader. */
export function shorten(text) {
  return text.replace(LONG_BASE64, (data) => `${data.slice(0, 40)}… (${data.length} characters)`);
}

/** @param request `{method, path, headers, body, hasKey}` */
function toHttp({ method, path, headers, body, hasKey }) {
  const all = hasKey ? { ...headers, authorization: 'Bearer (the key)' } : headers;
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  return [`${method} ${toPath(path)}`, ...lines, '', JSON.stringify(body, null, 2)].join('\n');
}

function toCurl({ path, body, hasKey }) {
  const key = hasKey ? ` \\\n  -H "authorization: Bearer $${KEY_VARIABLE}"` : '';
  const json = JSON.stringify(body, null, 2).replaceAll("'", `'\\''`);
  return `curl -N ${location.origin}${toPath(path)} \\\n  -H 'content-type: application/json'${key} \\\n  -d '${json}'`;
}

function toPython({ path, body, hasKey }) {
  const imports = hasKey ? ['import os', '', 'import requests'] : ['import requests'];
  const key = hasKey ? [`    headers={"authorization": f"Bearer {os.environ['${KEY_VARIABLE}']}"},`] : [];
  return [
    ...imports,
    '',
    'answer = requests.post(',
    `    "${location.origin}${toPath(path)}",`,
    ...key,
    `    json=${toPythonValue(body, '    ')},`,
    '    stream=True,',
    ')',
    'answer.raise_for_status()',
    'for line in answer.iter_lines(decode_unicode=True):',
    '    print(line)',
  ].join('\n');
}

function toPythonValue(value, indent) {
  const inner = `${indent}    `;
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]';
    return `[\n${value.map((item) => `${inner}${toPythonValue(item, inner)},\n`).join('')}${indent}]`;
  }
  if (typeof value === 'object') {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    if (entries.length === 0) return '{}';
    const lines = entries.map(
      ([name, item]) => `${inner}${JSON.stringify(name)}: ${toPythonValue(item, inner)},\n`,
    );
    return `{\n${lines.join('')}${indent}}`;
  }
  // JSON's strings and numbers are Python's too: lone surrogates and all.
  return JSON.stringify(value);
}

function toJavaScript({ path, body, hasKey }) {
  const key = hasKey ? `, authorization: \`Bearer \${process.env.${KEY_VARIABLE}}\`` : '';
  return [
    `const answer = await fetch('${location.origin}${toPath(path)}', {`,
    `  method: 'POST',`,
    `  headers: { 'content-type': 'application/json'${key} },`,
    `  body: JSON.stringify(${JSON.stringify(body, null, 2).replaceAll('\n', '\n  ')}),`,
    '});',
    'if (!answer.ok) throw new Error(await answer.text());',
    'for await (const text of answer.body.pipeThrough(new TextDecoderStream())) process.stdout.write(text);',
  ].join('\n');
}
