/** JSON with sorted keys at every level: humd re-serialises all that it passes on (src/thrum/README.md, "Tones sent"). */

/**
 * The JSON text of a value that came out of `JSON.parse`. Writes the text itself, because a rebuilt object would put keys
 * that look like integers first.
 */
export function toSortedJson(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(toSortedJson).join(',')}]`;
  let json = '{';
  for (const [key, field] of Object.entries(value).sort(byKey)) {
    if (field === undefined) continue;
    if (json.length > 1) json += ',';
    json += `${JSON.stringify(key)}:${toSortedJson(field)}`;
  }
  return `${json}}`;
}

function byKey([left]: [string, unknown], [right]: [string, unknown]): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
