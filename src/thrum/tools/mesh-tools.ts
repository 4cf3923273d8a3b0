/** Tool tones that belong to no client's turn: calls of other bees' tools from here, and calls from the mesh that get an error. */
import { randomUUID } from 'node:crypto';
import type { TurnSignal } from '../../core/abort.js';
import { Fault } from '../../core/fault.js';
import { isJsonObject, parseJson } from '../../core/json-object.js';
import { Waiters } from '../../core/waiters.js';
import { isLarge } from '../../threads/weight.js';
import { encodeOffLoop } from '../link/encode-off-loop.js';
import type { SentTone, Tone } from '../link/tone-codec.js';
import { readErrorTone } from '../turn/worker-error.js';

/** The tone by which a worker's call is answered with an error: it would wait for 300 s without one. */
export function toErrorResult(call: Tone, output: string, rid: string): Readonly<Record<string, unknown>> {
  const { sid, callId, toolName, name } = call;
  return {
    chi: 'tool-result',
    rid,
    sid,
    callId,
    toolName: toolName ?? name,
    result: output,
    output,
    isError: true,
  };
}

/**
 * Why a call is answered with an error at once, undefined where it is to be read as usual. A tool in a hello is offered to every prompt
 * on the mesh, so that its calls also come under other bees' sids, and under ours for requests that did not bring the tool.
 * @param declared the names of the tools in our hello
 * @param turn that of the call's sid, if it is one of ours
 */
export function refusalOf(
  call: Tone,
  declared: { has(name: string): boolean },
  turn: { declares(tool: string): boolean } | undefined,
): string | undefined {
  const name = call['toolName'] ?? call['name'];
  if (typeof name !== 'string' || !declared.has(name) || turn?.declares(name) === true) return undefined;
  return `no client that offers the tool '${name}' is waiting for this call`;
}

/** Calls of tools that other bees offer, each matched to its result by call id (src/thrum/README.md, "Tools of other bees"). */
export class ToolCalls {
  readonly #createRid: () => string;
  readonly #send: (tone: SentTone) => void;
  readonly #pending = new Waiters<string, unknown>();
  /** The call ids of those that humd has to echo, by rid. */
  readonly #rids = new Map<string, string>();

  constructor(createRid: () => string, send: (tone: SentTone) => void) {
    this.#createRid = createRid;
    this.#send = send;
  }

  /**
   * Asks for a result. Rejects with `tool-failed` if the tool says that it failed, with what it says where it tells that apart from
   * its words, or if humd refuses the call, with `timeout` if nothing came in `timeoutMs`, with the link's fault if that is lost
   * meanwhile, or with the signal's reason.
   */
  async call(
    name: string,
    args: Readonly<Record<string, unknown>>,
    timeoutMs: number,
    signal: TurnSignal,
  ): Promise<unknown> {
    const callId = randomUUID();
    const rid = this.#createRid();
    const tone = { chi: 'tool-call', rid, sid: callId, callId, toolName: name, name, args };
    const result = this.#pending.add(callId, { signal, timeoutMs, late: () => noAnswer(name, timeoutMs) });
    this.#rids.set(rid, callId);
    if (isLarge(args)) void this.#sendLarge(tone, signal);
    else if (!signal.aborted) this.#send(tone);
    try {
      return await result;
    } finally {
      this.#rids.delete(rid);
    }
  }

  /** The link may be lost meanwhile: then nothing waits for an answer any more, and the next link has nothing to do with it. */
  async #sendLarge(tone: { readonly callId: string }, signal: TurnSignal): Promise<void> {
    const { callId } = tone;
    try {
      const sent = await encodeOffLoop(tone, signal);
      if (this.#pending.has(callId)) this.#send(sent);
    } catch (error) {
      this.#pending.reject(callId, error);
    }
  }

  /** Takes an `echo` that says no. */
  refuse({ rid, error }: Tone): void {
    const callId = typeof rid === 'string' ? this.#rids.get(rid) : undefined;
    if (callId === undefined) return;
    const why = typeof error === 'string' && error !== '' ? `: ${error}` : '';
    this.#pending.reject(callId, new Fault('tool-failed', `humd refused the call of the tool${why}`));
  }

  /** Takes a `tool-result`. False: nobody waits for it. */
  accept(tone: Tone): boolean {
    const callId = tone['callId'];
    if (typeof callId !== 'string') return false;
    const result = toValue(tone['output'] ?? tone['result'] ?? tone['content']);
    if (tone['isError'] !== true) return this.#pending.resolve(callId, result);
    const { fault } = tone;
    const told = isJsonObject(fault) ? readErrorTone(fault) : undefined;
    return this.#pending.reject(callId, told ?? new Fault('tool-failed', toMessage(result)));
  }

  /** The result of a call was too long. @param sid the call's, whose id is the same */
  lose(sid: unknown, fault: Fault): void {
    if (typeof sid === 'string') this.#pending.reject(sid, fault);
  }

  /** The link is gone, and with it every answer. */
  loseAll(fault: Fault): void {
    this.#pending.rejectAll(fault);
  }
}

/** Bees send JSON values, or JSON text of them. */
function toValue(result: unknown): unknown {
  return typeof result === 'string' ? parseJson(result, result) : result;
}

function toMessage(result: unknown): string {
  return typeof result === 'string' && result !== '' ? result : 'the tool failed without saying why';
}

function noAnswer(name: string, ms: number): Fault {
  return new Fault('timeout', `the tool '${name}' gave no answer for ${ms / 1000} s`);
}
