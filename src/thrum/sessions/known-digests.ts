/** Digests of histories, which for large ones are made ahead of their need, in a thread. */
import type { Message } from '../../core/request.js';
import type { TurnSignal } from '../../core/abort.js';
import { requestThreads } from '../../threads/request-threads.js';
import { defineTask } from '../../threads/task.js';
import { extendDigest, type Origin, prefixDigests } from './history-digest.js';

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
