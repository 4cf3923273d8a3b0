/** The surface on a real port, in front of a conversation that plays what the test hands it. */
import Anthropic from '@anthropic-ai/sdk';
import { expect } from 'vitest';
import type { Event } from '../../../src/core/event.js';
import { Fault } from '../../../src/core/fault.js';
import type { Model } from '../../../src/core/model.js';
import type { Conversation } from '../../conversation.js';
import type { TurnRequest } from '../../../src/core/request.js';
import type { TurnSignal } from '../../../src/core/abort.js';
import { createAnthropicSurface } from '../../../src/http/anthropic/surface.js';
import { modelOf } from '../../model.js';
import { serveSurface } from '../serve-surface.js';
import { whenAborted } from '../when-aborted.js';

export type Batches = readonly (readonly Event[])[];

/** Plays `batches`; with `thenWait` it goes on until the client leaves, as a silent worker would. */
export class ScriptedConversation implements Conversation {
  readonly asked: TurnRequest[] = [];
  readonly signals: TurnSignal[] = [];
  /** What the next turn plays. */
  batches: Batches;
  readonly #thenWait: boolean;

  constructor(batches: Batches = [], { thenWait = false } = {}) {
    this.batches = batches;
    this.#thenWait = thenWait;
  }

  async *turn(request: TurnRequest, signal: TurnSignal): AsyncGenerator<readonly Event[]> {
    this.asked.push(request);
    this.signals.push(signal);
    yield* this.batches;
    if (this.#thenWait && !signal.aborted) await whenAborted(signal);
  }

  models(): readonly Model[] {
    return [modelOf('m')];
  }

  callTool(): Promise<never> {
    return Promise.reject(new Fault('not-offered', 'no bee on this hum offers it'));
  }

  link(): 'up' {
    return 'up';
  }
}

/** Listens on a free port until the test is over. */
export async function serve(conversation: Conversation, apiKey?: string) {
  const surface = { create: createAnthropicSurface, conversation };
  const url = await serveSurface(apiKey === undefined ? surface : { ...surface, apiKey });
  return { url, anthropic: new Anthropic({ baseURL: url, apiKey: 'any', maxRetries: 0 }) };
}

/** Posts JSON, or text as it is. Follows no redirect. */
export function post(url: string, body: unknown): Promise<Response> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return fetch(url, { method: 'POST', body: text, redirect: 'error' });
}

/** The body of an error answer. */
export function errorBody(type: string, message: unknown) {
  return {
    type: 'error',
    error: { type, message },
    request_id: expect.stringMatching(/^req_[0-9a-f-]{36}$/),
  };
}
