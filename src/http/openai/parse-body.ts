/** From the bytes of a request to the JSON object that they are. */
import { Fault } from '../../core/fault.js';
import { holdsTooManyValues, MAX_VALUES } from '../body/body-work.js';
import { MAX_NESTING, nestsDeeperThan } from '../body/nesting.js';

const NOT_JSON =
  "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library " +
  'correctly. This API expects a JSON payload, but what was sent was not valid JSON.)';
const NOT_AN_OBJECT =
  'We could not parse the JSON body of your request. (HINT: This API expects a JSON payload that is an object.)';

/**
 * Throws `bad-request` in OpenAI's words (src/http/openai/README.md, "Errors") if `bytes` are no JSON object, nest too deep
 * or hold too much.
 */
export function parseBody(bytes: Buffer): object {
  if (holdsTooManyValues(bytes)) {
    throw new Fault('bad-request', `The JSON body of your request holds more than ${MAX_VALUES} values.`);
  }
  const body = parseJson(bytes);
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new Fault('bad-request', NOT_AN_OBJECT);
  }
  if (nestsDeeperThan(body)) {
    throw new Fault('bad-request', `The JSON body of your request nests deeper than ${MAX_NESTING} levels.`);
  }
  return body;
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new Fault('bad-request', NOT_JSON, { cause });
  }
}
