/** A bridge that is asked with one field more, and the prompt that its worker gets. */
import type { Tone } from '../src/thrum/link/tone-codec.js';
import { startWorld } from './front-door/world.js';

const model = 'claude-sonnet-4';
const messages = [{ role: 'user', content: 'hi' }];

export async function askWithFields() {
  const world = await startWorld();
  return {
    /** Bodies to which a field can be added. */
    bodies: BODIES,
    /** What the worker is asked; undefined if the request is refused before. */
    async promptOf(route: string, body: unknown): Promise<Tone | undefined> {
      const before = world.sentOf('prompt').length;
      const answer = await world.post(route.replace('POST ', ''), body);
      await answer.text();
      return world.sentOf('prompt')[before];
    },
  };
}

/** What a client could send; a field that refuses one has no prompt then. */
export const ODD_VALUES: readonly unknown[] = [true, 3, 'odd', { odd: 'odd' }, ['odd']];

const BODIES: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'POST /api/chat': { model, messages },
  'POST /api/generate': { model, prompt: 'hi' },
  'POST /v1/chat/completions': { model, messages },
  'POST /v1/completions': { model, prompt: 'hi' },
  'POST /v1/responses': { model, input: 'hi' },
  'POST /v1/messages': { model, max_tokens: 10, messages },
};

/** A prompt without what is new in each. */
export function withoutNames(tone: Tone | undefined): unknown {
  if (tone === undefined) throw new Error('the worker was not asked');
  const { sid: _, rid: __, traceparent: ___, ...rest } = tone;
  return rest;
}
