/**
 * Calls of tools that other bees offer, each matched to its result by call id (src/thrum/README.md, "Tools of other bees").
 */
import { randomUUID } from 'node:crypto';
import { Fault } from '../../core/fault.js';
import type { TurnSignal } from '../../core/abort.js';
import type { Tone } from '../link/tone-codec.js';
import { encodeOffLoop, isLarge } from '../link/encode-off-loop.js';
import type { SentTone } from '../link/sent-tone.js';

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (fault: unknown) => void;
}

export class ToolCalls {
  readonly #createRid: () => string;
  readonly #send: (tone: SentTone) => void;
  readonly #pending = new Map<string, Pending>();

  constructor(createRid: () => string, send: (tone: SentTone) => void) {
    this.#createRid = createRid;
    this.#send = send;
  }

  /**
   * Asks for a result. Rejects with `tool-failed` if the tool says that it failed, `timeout` if nothing came in
   * `timeoutMs`, or the signal's reason.
   */
  async call(
    name: string,
    args: Readonly<Record<string, unknown>>,
    timeoutMs: number,
    signal: TurnSignal,
  ): Promise<unknown> {
    const callId = randomUUID();
    const rid = this.#createRid();
    const tone = { chi: 'tool-call', rid, sid: randomUUID(), callId, toolName: name, name, args };
    const sent = isLarge(args) ? await encodeOffLoop(tone, signal) : tone;
    return new Promise<unknown>((resolve, reject) => {
      const onAbort = () => reject(signal.reason);
      const timer = setTimeout(() => reject(noAnswer(name, timeoutMs)), timeoutMs);
      signal.addEventListener('abort', onAbort);
      this.#pending.set(callId, {
        resolve: (result) => {
          clearTimeout(timer);
          signal.removeEventListener('abort', onAbort);
          resolve(result);
        },
        reject: (fault) => {
          clearTimeout(timer);
          signal.removeEventListener('abort', onAbort);
          reject(fault);
        },
      });
      this.#send(sent);
    }).finally(() => this.#pending.delete(callId));
  }

  /** Takes a `tool-result`. False: nobody waits for it. */
  accept(tone: Tone): boolean {
    const callId = tone['callId'];
    const pending = typeof callId === 'string' ? this.#pending.get(callId) : undefined;
    if (!pending) return false;
    const result = toValue(tone['output'] ?? tone['result'] ?? tone['content']);
    if (tone['isError'] === true) pending.reject(new Fault('tool-failed', toMessage(result)));
    else pending.resolve(result);
    return true;
  }

  /** The link is gone, and with it every answer. */
  loseAll(fault: Fault): void {
    for (const pending of this.#pending.values()) pending.reject(fault);
  }
}

/** Bees send JSON values, or JSON text of them. */
function toValue(result: unknown): unknown {
  if (typeof result !== 'string') return result;
  try {
    return JSON.parse(result);
  } catch {
    return result;
  }
}

function toMessage(result: unknown): string {
  return typeof result === 'string' && result !== '' ? result : 'the tool failed without saying why';
}

function noAnswer(name: string, ms: number): Fault {
  return new Fault('timeout', `the tool '${name}' gave no answer for ${ms / 1000} s`);
}
