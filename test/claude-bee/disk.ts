/** The sessions that the simulated CLI has on its disk, and the ids that hum's worker gives them. */
import { createHash } from 'node:crypto';

export interface Entry {
  readonly role: 'user' | 'assistant';
  readonly text: string;
}

/** A session belongs to the folder that its process ran in: from another folder it is not found. */
export class ClaudeDisk {
  readonly #sessions = new Map<string, Entry[]>();

  find(cwd: string, session: string): Entry[] | undefined {
    return this.#sessions.get(toKey(cwd, session));
  }

  /** The transcript of a session, to be added to; a new one where there is none. */
  open(cwd: string, session: string): Entry[] {
    const key = toKey(cwd, session);
    const entries = this.#sessions.get(key) ?? [];
    this.#sessions.set(key, entries);
    return entries;
  }

  /** Loses one session, in whatever folder, or all of them. */
  forget(session?: string): void {
    for (const key of [...this.#sessions.keys()]) {
      if (session === undefined || key.endsWith(`\n${session}`)) this.#sessions.delete(key);
    }
  }
}

function toKey(cwd: string, session: string): string {
  return `${cwd}\n${session}`;
}

/** hum's namespace for sessions. */
const NAMESPACE = Buffer.from('68756d2d-7365-7373-696f-6e2d6e730001'.replaceAll('-', ''), 'hex');
const UUID_BYTES = 16;
const VERSION_5 = 0x50;
const VARIANT = 0x80;

/** The id of the session that a sid has unless it was resumed under another: a uuid5 (RFC 9562). */
export function toSessionId(sid: string): string {
  const bytes = createHash('sha1').update(NAMESPACE).update(sid).digest().subarray(0, UUID_BYTES);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | VERSION_5;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | VARIANT;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
