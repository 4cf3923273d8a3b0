/** The app on a real port, with a conversation that says what a test tells it to. */
import type { Event } from '../../../src/conversation/event.js';
import { Fault } from '../../../src/conversation/fault.js';
import type { Conversation } from '../../../src/conversation/port.js';
import type { TurnRequest } from '../../../src/conversation/request.js';
import { createOllamaSurface } from '../../../src/http/ollama/surface.js';
import { modelOf } from '../../model.js';
import { serveSurface } from '../serve-surface.js';

type Turn = (request: TurnRequest, signal: AbortSignal) => AsyncIterable<readonly Event[]>;

export interface ScriptedServer {
  readonly url: string;
  /** What was asked, in order. */
  readonly requests: readonly TurnRequest[];
}

/** Listens until the test is over. Each turn plays `turn`; the only models are `m` and the unlisted `hidden`. */
export async function startServer(turn: Turn): Promise<ScriptedServer> {
  const requests: TurnRequest[] = [];
  const conversation: Conversation = {
    turn(request, signal) {
      requests.push(request);
      return turn(request, signal);
    },
    models: () => [modelOf('m'), modelOf('hidden', { target: 'm', listed: false })],
    link: () => 'up',
    callTool: () => Promise.reject(new Fault('not-offered', 'no bee on this hum offers it')),
  };
  const server = { create: createOllamaSurface, conversation, maxBodyBytes: 10_000, version: '0.99.1' };
  return { url: await serveSurface(server), requests };
}

/** What a short turn says, and how it ends. */
export const hello: readonly Event[] = [{ type: 'ready' }, { type: 'text-delta', text: 'hello' }];
export const finish: Event = {
  type: 'finish',
  reason: 'stop',
  usage: { promptTokens: 3, completionTokens: 2, cachedTokens: 0, estimated: false },
};

/** A turn that says `batches`, one after the other. */
export async function* saying(...batches: readonly (readonly Event[])[]): AsyncGenerator<readonly Event[]> {
  yield* batches;
}
