/**
 * What the responses of one WebSocket connection can go on from: those that are kept, and those with `store: false`, which the connection
 * alone remembers until it is closed.
 */
import type { MessageChannel } from '../../server/message-socket.js';
import type { KeptResponses, MemoryStore } from './store.js';

export class ConnectionStores {
  readonly #unstored: MemoryStore;
  readonly #owners = new WeakMap<MessageChannel, string>();
  #last = 0;

  /** @param unstored what all connections together remember, which bounds it */
  constructor(unstored: MemoryStore) {
    this.#unstored = unstored;
  }

  /** @param kept what the connection's key may see besides */
  of(channel: MessageChannel, kept: KeptResponses): KeptResponses {
    const own = this.#unstored.of(this.#ownerOf(channel));
    return {
      keep: (stored) => (stored.response.store ? kept : own).keep(stored),
      get: async (id) => (await own.get(id)) ?? kept.get(id),
      delete: (id) => kept.delete(id),
      item: async (id) => (await own.item(id)) ?? kept.item(id),
    };
  }

  #ownerOf(channel: MessageChannel): string {
    const known = this.#owners.get(channel);
    if (known !== undefined) return known;
    const owner = String(++this.#last);
    this.#owners.set(channel, owner);
    channel.onClose(() => this.#unstored.forget(owner));
    return owner;
  }
}
