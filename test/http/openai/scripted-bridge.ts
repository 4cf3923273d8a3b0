/** The surface on a real port, in front of a conversation that plays what the test hands it. */
import OpenAI from 'openai';
import type { Event } from '../../../src/core/event.js';
import { Fault } from '../../../src/core/fault.js';
import type { Model } from '../../../src/core/model.js';
import type { LinkState } from '../../../src/core/port.js';
import type { Conversation } from '../../conversation.js';
import type { TurnRequest } from '../../../src/core/request.js';
import type { TurnSignal } from '../../../src/core/abort.js';
import { createOpenAISurface } from '../../../src/http/openai/surface.js';
import { modelOf } from '../../model.js';
import { serveSurface } from '../serve-surface.js';
import { whenAborted } from '../when-aborted.js';

export type Batches = readonly (readonly Event[])[];

/** Plays `batches`; with `thenWait` it goes on until the client leaves, as a silent worker would. */
export class ScriptedConversation implements Conversation {
  readonly asked: TurnRequest[] = [];
  readonly signals: TurnSignal[] = [];
  readonly #batches: Batches;
  readonly #thenWait: boolean;
  readonly #models: readonly Model[];

  constructor(batches: Batches, { thenWait = false, models = ['m', 'org/name:7b'] } = {}) {
    this.#batches = batches;
    this.#thenWait = thenWait;
    this.#models = [...models.map((id) => modelOf(id)), modelOf('hidden', { target: 'm', listed: false })];
  }

  async *turn(request: TurnRequest, signal: TurnSignal): AsyncGenerator<readonly Event[]> {
    this.asked.push(asWritten(request));
    this.signals.push(signal);
    yield* this.#batches;
    if (this.#thenWait && !signal.aborted) await whenAborted(signal);
  }

  models(): readonly Model[] {
    return this.#models;
  }

  callTool(_name: string, _args: Readonly<Record<string, unknown>>, _signal: TurnSignal): Promise<unknown> {
    return Promise.reject(new Fault('not-offered', 'no bee on this hum offers it'));
  }

  link(): LinkState {
    return 'up';
  }
}

/** Listens on a free port until the test is over. */
export async function serve(conversation: Conversation, apiKey?: string) {
  const surface = { create: createOpenAISurface, conversation };
  const url = await serveSurface(apiKey === undefined ? surface : { ...surface, apiKey });
  return { url, openai: new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', maxRetries: 0 }) };
}

/** Posts JSON, or text as it is. Follows no redirect. */
export function post(url: string, body: unknown): Promise<Response> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return fetch(url, { method: 'POST', body: text, redirect: 'error' });
}

/** A request without what its connection says of who asks, and without a leave to truncate that it does not have. */
function asWritten({ caller: _, resolved: __, truncate, ...request }: TurnRequest): TurnRequest {
  return truncate ? { ...request, truncate } : request;
}
