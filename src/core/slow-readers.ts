/** Tells a worker in the same process which answers wait for their readers: it reads no more of them meanwhile. humd has no word for that. */

export class SlowReaders {
  /** By sid. */
  readonly #rooms = new Map<string, { readonly room: Promise<void>; readonly resolve: () => void }>();

  /** What waits of this turn is more than should. */
  hold(sid: string): void {
    if (this.#rooms.has(sid)) return;
    let resolve = () => {};
    const room = new Promise<void>((settle) => {
      resolve = settle;
    });
    this.#rooms.set(sid, { room, resolve });
  }

  /** It was read, or its reader has left. */
  letGo(sid: string): void {
    this.#rooms.get(sid)?.resolve();
    this.#rooms.delete(sid);
  }

  /** Resolves when its reader has caught up; undefined where it has. */
  whenRoom(sid: string): Promise<void> | undefined {
    return this.#rooms.get(sid)?.room;
  }
}
