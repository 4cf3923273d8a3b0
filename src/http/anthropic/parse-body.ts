/** From the bytes of a request to the JSON object that they are. */
import { Fault } from '../../core/fault.js';
import { holdsTooManyValues, MAX_VALUES } from '../body/body-work.js';
import { MAX_NESTING, nestsDeeperThan } from '../body/nesting.js';

/** Throws `bad-request` if `bytes` are no JSON object, nest too deep or hold too much. */
export function parseBody(bytes: Buffer): object {
  if (holdsTooManyValues(bytes)) {
    throw new Fault('bad-request', `The request body holds more than ${MAX_VALUES} values`);
  }
  const body = parseJson(bytes);
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new Fault('bad-request', 'The request body is not valid JSON: it should be an object');
  }
  if (nestsDeeperThan(body)) {
    throw new Fault('bad-request', `The request body nests deeper than ${MAX_NESTING} levels`);
  }
  return body;
}

/** The parser's own words are not passed on: they repeat what stands in the body. */
function parseJson(bytes: Buffer): unknown {
  if (bytes.length === 0) throw new Fault('bad-request', 'The request body is not valid JSON: it is empty');
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new Fault('bad-request', 'The request body is not valid JSON', { cause });
  }
}
