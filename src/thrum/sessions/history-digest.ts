/** Fingerprints of a conversation, by which a later request is recognised as its continuation. */
import { createHash } from 'node:crypto';
import type { TurnSignal } from '../../core/abort.js';
import type { Message, Part, ToolCall, TurnRequest } from '../../core/request.js';
import { requestThreads } from '../../threads/request-threads.js';
import { defineTask } from '../../threads/task.js';

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

/**
 * A digest for each prefix of `messages`: the first is that of no message at all, the last that of all of them. Ids and
 * names of tools are left out, because clients lose and rename them; arguments count by their value. In an answer blank lines count
 * as line ends: what separates its messages comes back as blocks where it was given in blocks.
 */
export function prefixDigests(origin: Origin, messages: readonly Message[]): readonly string[] {
  let digest = digestOf([origin.keyId ?? null, origin.modelId, origin.system ?? '']);
  const digests = [digest];
  for (const message of messages) {
    digest = extendDigest(digest, message);
    digests.push(digest);
  }
  return digests;
}

/** The digest of a history with one more message behind it. */
export function extendDigest(digest: string, message: Message): string {
  return digestOf([digest, ...canonical(message)]);
}

/** What a worker's process is started with and keeps: the tools of its request, and what it may do besides. */
export function accessKey({ tools, rights }: Pick<TurnRequest, 'tools' | 'rights'>): string {
  const workerTools = rights?.workerTools ?? 'none';
  if (tools.length === 0 && workerTools === 'none' && rights?.cwd === undefined) return '';
  return digestOf([tools, workerTools, rights?.cwd ?? null]);
}

/** A digest of what stands before an assistant's calls, and of the calls themselves. */
export function callsDigest(prefix: string, calls: readonly Pick<ToolCall, 'name' | 'input'>[]): string {
  return digestOf([prefix, ...calls.map(canonicalCall)]);
}

function canonical(message: Message): readonly unknown[] {
  const content = message.content.map(canonicalPart);
  const joined = content.filter((part) => typeof part === 'string').join('\n');
  const text = message.role === 'assistant' ? joined.replace(/\n{2,}/g, '\n') : joined;
  const images = content.filter((part) => typeof part !== 'string');
  const calls = message.role === 'assistant' ? message.toolCalls.map(canonicalCall) : [];
  return [message.role, text, images, calls];
}

function canonicalPart(part: Part): unknown {
  if (part.type === 'text') return part.text;
  return 'data' in part ? [part.mediaType, part.data] : [part.mediaType, part.url];
}

function canonicalCall({ name, input }: Pick<ToolCall, 'name' | 'input'>): unknown {
  return [name, canonicalJson(input)];
}

/** The value of JSON text with its keys in order; text that is no JSON stays text. */
function canonicalJson(text: string): unknown {
  try {
    return sortKeys(JSON.parse(text === '' ? '{}' : text));
  } catch {
    return text;
  }
}

function sortKeys(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(sortKeys);
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return entries.map(([key, child]) => [key, sortKeys(child)]);
}

function digestOf(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64');
}

interface History {
  readonly origin: Origin;
  readonly messages: readonly Message[];
}

interface Known {
  readonly origin: Origin;
  readonly digests: readonly string[];
}

/** Pure. */
export function digestHistory({ origin, messages }: History): readonly string[] {
  return prefixDigests(origin, messages);
}

const DIGEST_HISTORY = defineTask(import.meta.url, 'digestHistory', digestHistory);

export class KnownDigests {
  /** By the list of messages itself, which nobody changes; gone with it. */
  readonly #known = new WeakMap<readonly Message[], Known>();

  /** Makes the digests of a large history, for `of` and `withAnswer`. Rejects as `ThreadPool.run` does. */
  async learn(origin: Origin, messages: readonly Message[], signal: TurnSignal): Promise<void> {
    const history = { origin, messages };
    const digests = await requestThreads.run(DIGEST_HISTORY, history, signal);
    this.#known.set(messages, { origin, digests });
  }

  /** As `prefixDigests`; walks the whole history if it was not learned. */
  of(origin: Origin, messages: readonly Message[]): readonly string[] {
    const known = this.#known.get(messages);
    return known && isSame(known.origin, origin) ? known.digests : prefixDigests(origin, messages);
  }

  /** The digest of the whole history, with `answer` behind it. */
  withAnswer(origin: Origin, messages: readonly Message[], answer: Message): string {
    return extendDigest(this.of(origin, messages).at(-1) ?? '', answer);
  }
}

function isSame(one: Origin, other: Origin): boolean {
  return one.keyId === other.keyId && one.modelId === other.modelId && one.system === other.system;
}
