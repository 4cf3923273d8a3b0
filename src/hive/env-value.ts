/** Turns the text of an environment variable into the value that a file would hold. */
import type { Reading } from './key-facts.js';

/** Text that is not what `reading` asks for comes back as it is, for the key's schema to refuse. */
export function readEnvValue(reading: Reading, text: string): unknown {
  const trimmed = text.trim();
  switch (reading) {
    case 'string':
      return trimmed;
    case 'integer':
      return /^-?\d+$/.test(trimmed) ? Number(trimmed) : trimmed;
    case 'boolean':
      return BOOLEANS.get(trimmed.toLowerCase()) ?? trimmed;
    case 'list':
      return trimmed
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== '');
    case 'json':
      return parseJson(trimmed);
    default:
      return reading satisfies never;
  }
}

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
]);

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
