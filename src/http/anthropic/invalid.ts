/** The fault of a request that has something wrong in one place. */
import { Fault } from '../../core/fault.js';

/** A `bad-request` whose message begins with the place, as Anthropic writes it: `messages.0.role: …`. */
export function invalid(path: readonly PropertyKey[], message: string): Fault {
  const param = path.map(String).join('.');
  return new Fault('bad-request', param === '' ? message : `${param}: ${message}`, { param });
}
