/** Fingerprints of a conversation: where it begins, what its worker may do, and its messages. Those of large ones are made in a thread. */
import type { TurnSignal } from '../../core/abort.js';
import { digestsOnce } from '../../core/encoded-history.js';
import { digestOf, digestWith } from '../../core/history-digest.js';
import type { Message, TurnRequest } from '../../core/request.js';
import { requestThreads } from '../../threads/request-threads.js';
import { defineTask } from '../../threads/task.js';
import { isLarge } from '../../threads/weight.js';
import { learnHistory } from '../link/encode-off-loop.js';

/** Where a conversation begins: what differs here never meets. */
export interface Origin {
  readonly keyId: string | undefined;
  /** The name that humd knows the model by. */
  readonly modelId: string;
  readonly system: string | undefined;
}

/** A digest for each prefix of `messages`: the first is that of no message at all, the last that of all of them. */
export function prefixDigests(origin: Origin, messages: readonly Message[]): readonly string[] {
  const start = startOf(origin);
  return digestsOnce(messages).map((digest) => start + digest);
}

/** By this a session is found: its conversation up to an answer of the model, and all else that its worker's process was started with. */
export interface SessionKey extends OneKey {
  /** The same under the name besides, which the turn itself gives to the conversation. */
  readonly next?: OneKey | undefined;
}

export interface OneKey {
  readonly digest: string;
  /** The same without what the worker's process may do: it tells a conversation whose tools or rights have changed from one that is not known. */
  readonly history: string;
}

/** What a conversation goes on with: the session that knows the rest of it, and what that does not know yet. */
export interface News {
  readonly key: SessionKey;
  readonly news: readonly Message[];
}

/** Undefined before the first answer of the model, and where nothing came behind its last one. */
export function findNews(request: TurnRequest, origin: Origin): News | undefined {
  const { messages } = request;
  const known = messages.findLastIndex(({ role }) => role === 'assistant') + 1;
  if (known === 0 || known === messages.length) return undefined;
  return { key: toKey(request, origin, digestsOnce(messages)[known] ?? ''), news: messages.slice(known) };
}

/** The key of the session of a conversation to which `text` has been the answer. */
export function keyWithAnswer(request: TurnRequest, origin: Origin, text: string): SessionKey {
  const { messages } = request;
  const answer: Message = { role: 'assistant', content: [{ type: 'text', text }], toolCalls: [] };
  const digest = digestWith(digestsOnce(messages), messages, answer);
  const { nextSessionHint: next } = request;
  const key = toKey(request, origin, digest);
  return next === undefined
    ? key
    : { ...key, next: toKey({ ...request, sessionHint: next }, origin, digest) };
}

/** All by which a session is found. */
export function keysOf({ next, ...key }: SessionKey): readonly OneKey[] {
  return next === undefined || next.digest === key.digest ? [key] : [key, next];
}

function toKey(request: TurnRequest, origin: Origin, digest: string): OneKey {
  const { sessionHint = null, sessionScope = null } = request;
  const history = digestOf([startOf(origin), sessionHint, sessionScope, digest]);
  return { history, digest: digestOf([history, accessKey(request)]) };
}

/** What a worker's process is started with and keeps: the tools of its request, and what it may do besides. */
function accessKey({ tools, rights }: Pick<TurnRequest, 'tools' | 'rights'>): string {
  const workerTools = rights?.workerTools ?? 'none';
  if (tools.length === 0 && workerTools === 'none' && rights?.cwd === undefined) return '';
  return digestOf([tools, workerTools, rights?.cwd ?? null]);
}

/** Makes what the digests need of what is large. Rejects as `ThreadPool.run` does. */
export async function learnDigests(
  origin: Origin,
  messages: readonly Message[],
  signal: TurnSignal,
): Promise<void> {
  if (isLarge(messages)) await learnHistory(messages, signal);
  if (isLarge(origin.system)) starts.set(origin, await requestThreads.run(DIGEST_ORIGIN, origin, signal));
}

/** Pure. */
export function digestOrigin({ keyId, modelId, system }: Origin): string {
  return digestOf([keyId ?? null, modelId, system ?? '']);
}

const DIGEST_ORIGIN = defineTask(import.meta.url, 'digestOrigin', digestOrigin);

const starts = new WeakMap<Origin, string>();

function startOf(origin: Origin): string {
  return starts.get(origin) ?? digestOrigin(origin);
}
