/** The surface on a real port, in front of a conversation that plays what the test hands it. */
import { once } from 'node:events';
import { createAdaptorServer } from '@hono/node-server';
import OpenAI from 'openai';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import type { Event } from '../../../src/conversation/event.js';
import type { Model } from '../../../src/conversation/model.js';
import type { Conversation } from '../../../src/conversation/port.js';
import type { TurnRequest } from '../../../src/conversation/request.js';
import { createApp } from '../../../src/http/app.js';
import { systemClock } from '../../../src/http/clock.js';
import { ApiKeys } from '../../../src/http/guard.js';
import { OpenStreams } from '../../../src/http/open-streams.js';
import { createOpenAISurface } from '../../../src/http/openai/surface.js';

export type Batches = readonly (readonly Event[])[];

/** Plays `batches`; with `thenWait` it goes on until the client leaves, as a silent worker would. */
export class ScriptedConversation implements Conversation {
  readonly asked: TurnRequest[] = [];
  readonly signals: AbortSignal[] = [];
  readonly #batches: Batches;
  readonly #thenWait: boolean;
  readonly #models: readonly Model[];

  constructor(batches: Batches, { thenWait = false, models = ['m', 'org/name:7b'] } = {}) {
    this.#batches = batches;
    this.#thenWait = thenWait;
    this.#models = [
      ...models.map((id) => ({ id, target: id, listed: true })),
      { id: 'hidden', target: 'm', listed: false },
    ];
  }

  async *turn(request: TurnRequest, signal: AbortSignal): AsyncGenerator<readonly Event[]> {
    this.asked.push(request);
    this.signals.push(signal);
    yield* this.#batches;
    if (this.#thenWait && !signal.aborted) await once(signal, 'abort');
  }

  models(): readonly Model[] {
    return this.#models;
  }

  link(): 'up' {
    return 'up';
  }
}

/** Listens on a free port until the test is over. */
export async function serve(conversation: Conversation, apiKey?: string) {
  const surface = createOpenAISurface({
    conversation,
    streams: new OpenStreams(systemClock, { headerHoldMs: 10_000, clientStallMs: 10_000 }),
    clock: systemClock,
    maxBodyBytes: 1_000_000,
    version: '0.0.0',
  });
  const app = createApp({
    surfaces: [surface],
    conversation,
    apiKeys: new ApiKeys(apiKey),
    log: pino({ level: 'silent' }),
    isOpen: () => true,
  });
  const server = createAdaptorServer({ fetch: app.fetch });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    if ('closeAllConnections' in server) server.closeAllConnections();
  });
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the server has no port');
  const url = `http://127.0.0.1:${address.port}`;
  return { url, openai: new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', maxRetries: 0 }) };
}

/** Posts JSON, or text as it is. Follows no redirect. */
export function post(url: string, body: unknown): Promise<Response> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return fetch(url, { method: 'POST', body: text, redirect: 'error' });
}
