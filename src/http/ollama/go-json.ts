/** Reads a request body by the rules of Go's JSON decoder, which is what Ollama's clients were written against. */
import { Fault } from '../../core/fault.js';
import { holdsTooManyValues, MAX_VALUES } from '../body/body-work.js';
import { nestsDeeperThan } from '../body/nesting.js';
import { endOfFirstValue } from './go-scanner.js';
import { exceededMaxDepth } from './go-syntax-fault.js';

/**
 * The first JSON value of `body`; what follows it is ignored, and `null` is an empty object
 * (src/http/ollama/README.md, "Bodies"). Throws `bad-request` with Go's text for a body that is empty, cut off, not JSON or
 * nested too deep, and for one with more than `MAX_VALUES`.
 */
export function decodeGoJson(body: Buffer): unknown {
  if (holdsTooManyValues(body))
    throw new Fault('bad-request', `the body holds more than ${MAX_VALUES} values`);
  const value = parseFirst(body.toString('utf8')) ?? {};
  if (nestsDeeperThan(value)) throw exceededMaxDepth();
  return value;
}

/**
 * The scanner runs only where JSON.parse fails: on trailing bytes, or to find the words for what is wrong. Throws as
 * `decodeGoJson` does.
 */
function parseFirst(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    if (/^[ \t\r\n]*$/.test(text)) throw new Fault('bad-request', 'missing request body');
    return JSON.parse(text.slice(0, endOfFirstValue(text)));
  }
}
