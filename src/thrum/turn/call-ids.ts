/** The ids that the bridge gives to calls: its own, which no other call of any conversation has. */
import { createHash } from 'node:crypto';

/** The form of these ids. */
const ISSUED_CALL_ID = /^call_[0-9a-f]{32}$/;
const ID_DIGITS = 32;

/**
 * The id of a call for clients, where its worker is given the messages of the conversation. Made of the session, which is only one turn's, and of the worker's id, so that a worker that was
 * given the messages knows its calls again, whichever process of the bridge they come from.
 * @param repetition how many calls of the session had the same id of the worker before
 */
export function issueCallId(sid: string, workerId: string, repetition = 0): string {
  const hash = createHash('sha256').update(JSON.stringify([sid, workerId, repetition]));
  return `call_${hash.digest('hex').slice(0, ID_DIGITS)}`;
}

/** True for an id that a bridge gave to a call, this one or another process. */
export function isIssuedCallId(id: string): boolean {
  return ISSUED_CALL_ID.test(id);
}
