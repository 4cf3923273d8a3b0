/**
 * Remembers which id the server gave to a call, and what it wants back with it, by the id that clients know; and by the conversation up
 * to the call, for clients that lose the ids.
 */
import { LRUCache } from 'lru-cache';
import { callsDigest, digestOf } from '../core/history-digest.js';
import { isJsonObject, type JsonObject } from '../core/json-object.js';

export interface RememberedCall {
  /** The server's own id. */
  readonly upstreamId: string;
  /** What the model thought before it called; '' for nothing. */
  readonly reasoning: string;
  readonly extra?: JsonObject | undefined;
}

const MAX_CALLS = 20_000;
/** Of all thoughts together. */
const MAX_CHARACTERS = 16 * 2 ** 20;
const CHARACTERS_PER_CALL = 64;
const MAX_ANSWERS = 10_000;

const NOTHING: ReadonlyMap<string, string> = new Map();

export class CallMemory {
  readonly #calls = new LRUCache<string, RememberedCall>({
    max: MAX_CALLS,
    maxSize: MAX_CHARACTERS,
    sizeCalculation: ({ reasoning, extra }) =>
      CHARACTERS_PER_CALL + reasoning.length + (extra === undefined ? 0 : JSON.stringify(extra).length),
  });

  readonly #answers = new LRUCache<string, readonly string[]>({ max: MAX_ANSWERS });

  /** @param issuedId the id by which clients know the call */
  remember(issuedId: string, call: RememberedCall): void {
    this.#calls.set(issuedId, call);
  }

  /** @param issuedIds the ids of its calls. @param messages the conversation, which ends with the answer */
  rememberAnswer(issuedIds: readonly string[], messages: readonly JsonObject[]): void {
    const digest = answerDigests(messages).get(messages.length - 1);
    if (digest !== undefined) this.#answers.set(digest, issuedIds);
  }

  /**
   * The ids by which clients should know the calls of `messages`, by those that stand there: only of calls whose ids mean nothing here,
   * in answers that were given here.
   */
  recognise(messages: readonly JsonObject[]): ReadonlyMap<string, string> {
    if (this.#answers.size === 0 || !messages.some((message) => callIdsOf(message).some(this.#isUnknown)))
      return NOTHING;
    const found = new Map<string, string>();
    for (const [index, digest] of answerDigests(messages)) {
      const issued = this.#answers.get(digest) ?? [];
      for (const [place, id] of callIdsOf(messages[index] ?? {}).entries()) {
        const known = issued[place];
        if (known !== undefined && this.#isUnknown(id)) found.set(id, known);
      }
    }
    return found;
  }

  readonly #isUnknown = (id: string): boolean => this.#calls.peek(id) === undefined;

  find(issuedId: string): RememberedCall | undefined {
    return this.#calls.get(issuedId);
  }
}

/** The ids of the calls of a message, as they stand there; '' for none. */
function callIdsOf({ tool_calls: calls }: JsonObject): readonly string[] {
  if (!Array.isArray(calls)) return [];
  return calls.map((call: unknown) =>
    isJsonObject(call) && typeof call['id'] === 'string' ? call['id'] : '',
  );
}

/** Longer conversations would take too long; clients that lose ids have short ones. */
const MAX_DIGESTED_CHARACTERS = 2 ** 18;

function lengthOf(content: unknown): number {
  if (typeof content === 'string') return content.length;
  return Array.isArray(content) ? JSON.stringify(content).length : 0;
}

/** By the index of each answer that calls: a digest of the conversation up to it, without what clients lose: ids and thoughts. */
function answerDigests(messages: readonly JsonObject[]): ReadonlyMap<number, string> {
  const digests = new Map<number, string>();
  if (messages.reduce((sum, { content }) => sum + lengthOf(content), 0) > MAX_DIGESTED_CHARACTERS)
    return digests;
  let chain = '';
  for (const [index, { role, content, tool_calls: calls }] of messages.entries()) {
    chain = digestOf([chain, role, content ?? '']);
    if (!Array.isArray(calls) || calls.length === 0) continue;
    chain = callsDigest(chain, calls.filter(isJsonObject).map(toCall));
    digests.set(index, chain);
  }
  return digests;
}

function toCall({ function: called }: JsonObject): { readonly name: string; readonly input: string } {
  const { name, arguments: input } = isJsonObject(called) ? called : {};
  return { name: String(name), input: typeof input === 'string' ? input : JSON.stringify(input ?? {}) };
}
