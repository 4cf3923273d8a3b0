/** JSON text without lone surrogates: humd drops a line that holds the escape of one (src/thrum/README.md, "What humd does"). */

const LONE_SURROGATE_ESCAPE = /(?<!\\)((?:\\\\)*)\\ud[89a-f][0-9a-f]{2}/g;

/** The escape of a surrogate, or of a pair. */
const SURROGATE_ESCAPES =
  /(?<!\\)((?:\\\\)*)(\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[dD][89a-fA-F][0-9a-fA-F]{2})/g;
/** How long the escape of a whole pair is. */
const PAIR_CHARACTERS = 12;

/** JSON text of others with U+FFFD in the place of each lone surrogate: clients cannot write one as UTF-8, and some end by it. */
export function withoutLoneSurrogates(json: string): string {
  return json.replace(SURROGATE_ESCAPES, (all, before: string, found: string) =>
    found.length === PAIR_CHARACTERS ? all : `${before}\ufffd`,
  );
}

/** As `JSON.stringify` of an object or list; each lone surrogate becomes U+FFFD, in keys and values alike. */
export function toWellFormedJson(value: object): string {
  const json = JSON.stringify(value);
  return json.includes('\\ud') ? json.replace(LONE_SURROGATE_ESCAPE, '$1\ufffd') : json;
}
