/** Fingerprints of a conversation: where it begins, and its messages. Those of large ones are made in a thread. */
import type { TurnSignal } from '../../core/abort.js';
import { knownDigests } from '../../core/encoded-history.js';
import { chainDigests, digestOf, extendChain } from '../../core/history-digest.js';
import type { Message, TurnRequest } from '../../core/request.js';
import { requestThreads } from '../../threads/request-threads.js';
import { defineTask } from '../../threads/task.js';
import { isLarge, learnHistory } from '../link/encode-off-loop.js';

/** Where a conversation begins: what differs here never meets. */
export interface Origin {
  readonly keyId: string | undefined;
  /** The name that humd knows the model by. */
  readonly modelId: string;
  readonly system: string | undefined;
}

export function originOf(request: TurnRequest, modelId: string): Origin {
  return { keyId: request.caller?.keyId, modelId, system: request.system };
}

/** A digest for each prefix of `messages`: the first is that of no message at all, the last that of all of them. */
export function prefixDigests(origin: Origin, messages: readonly Message[]): readonly string[] {
  const start = startOf(origin);
  return chainOf(messages).map((digest) => start + digest);
}

/** The digest of the whole history, with `answer` behind it. */
export function digestWithAnswer(origin: Origin, messages: readonly Message[], answer: Message): string {
  return startOf(origin) + extendChain(chainOf(messages).at(-1) ?? '', answer);
}

/** What a worker's process is started with and keeps: the tools of its request, and what it may do besides. */
export function accessKey({ tools, rights }: Pick<TurnRequest, 'tools' | 'rights'>): string {
  const workerTools = rights?.workerTools ?? 'none';
  if (tools.length === 0 && workerTools === 'none' && rights?.cwd === undefined) return '';
  return digestOf([tools, workerTools, rights?.cwd ?? null]);
}

/** Makes what the two above need of what is large. Rejects as `ThreadPool.run` does. */
export async function learnDigests(
  origin: Origin,
  messages: readonly Message[],
  signal: TurnSignal,
): Promise<void> {
  if (isLarge(messages)) await learnHistory(messages, signal, origin.keyId);
  if (isLarge(origin.system))
    starts.set(origin, await requestThreads.run(DIGEST_ORIGIN, origin, signal, origin.keyId));
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

function chainOf(messages: readonly Message[]): readonly string[] {
  return knownDigests(messages) ?? chainDigests(messages);
}
