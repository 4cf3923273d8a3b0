/** Events to encode, and an envelope whose clock stands still. */
import type { Event } from '../../../src/core/event.js';
import { Timings } from '../../../src/http/ollama/ending.js';
import { FixedClock } from './fixed-clock.js';

export const usage = { promptTokens: 12, completionTokens: 9, cachedTokens: 4, estimated: false };
export const finish: Event = { type: 'finish', reason: 'stop', usage };

export function text(value: string): Event {
  return { type: 'text-delta', text: value };
}

export function reasoning(value: string): Event {
  return { type: 'reasoning-delta', text: value };
}

export function call(id: string, input: string): Event {
  return { type: 'tool-call', id, name: 'f', input };
}

export function envelope(clock = new FixedClock()) {
  return { model: 'm', clock, timings: new Timings(clock, clock.monotonic()) };
}
