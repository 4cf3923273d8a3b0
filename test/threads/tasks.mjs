/** What the tests of the pool have threads do. Plain JavaScript: a thread cannot load TypeScript. */
import { Fault } from '../../dist/core/fault.js';

export const echo = (value) => value;

export function refuse() {
  throw new Fault('bad-request', 'not like that', { param: 'messages[0]', reason: 'invalid_value' });
}

export function blunder() {
  throw new TypeError('a mistake');
}

export function spin() {
  for (;;);
}

export function die() {
  process.exit(3);
}

export const unfit = () => () => 'a function cannot be copied';

export { textOf } from '../../dist/http/body/parse-json-object.js';
