/** A call for the client to run, as both the whole answer and the stream name it. */
import type { Event } from '../../core/event.js';

type Call = Extract<Event, { type: 'tool-call' }>;

/** `arguments` is always JSON text: a call without any has `{}`, never ''. */
export function toCalledFunction({ name, input }: Call): { name: string; arguments: string } {
  return { name, arguments: input.trim() === '' ? '{}' : input };
}
