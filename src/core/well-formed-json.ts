/** JSON text without lone surrogates: humd drops a line that holds the escape of one (src/thrum/README.md, "What humd does"). */

const LONE_SURROGATE_ESCAPE = /(?<!\\)((?:\\\\)*)\\ud[89a-f][0-9a-f]{2}/g;

/** As `JSON.stringify` of an object or list; each lone surrogate becomes U+FFFD, in keys and values alike. */
export function toWellFormedJson(value: object): string {
  const json = JSON.stringify(value);
  return json.includes('\\ud') ? json.replace(LONE_SURROGATE_ESCAPE, '$1\ufffd') : json;
}
