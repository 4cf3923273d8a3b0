/**
 * Compaction: a conversation is put into a summary that only a bridge of this identity can read, and only for the API key that it was
 * made for (src/http/openai/README.md, "Compaction").
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { Fault } from '../../../core/fault.js';
import type { InputItem } from './item-schema.js';

const ALGORITHM = 'aes-256-gcm';
const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;
/** Stands in front of what this version writes. */
const VERSION = 'tb1.';

/** What the model is asked for, behind the conversation. */
export const COMPACTION_PROMPT = `Summarise this conversation so that another model can go on with it without having read it. Write only the summary. Include:
- what the user wants, with all instructions, preferences and constraints that still hold
- what has been done and found out so far: decisions, files, commands, results and errors, with exact names and values
- what is being worked on right now, and what is still to be done, in order`;

/** What stands in front of a summary where it is read back. */
const SUMMARY_PREFACE =
  'The conversation so far was shortened. This is a summary of what came before; go on from it:';

/** Seals summaries for one API key. */
export interface Seal {
  seal(summary: string): string;
  /** Undefined for what was not sealed here, or for another key. */
  open(sealed: string): string | undefined;
}

/**
 * @param secret the same for all replicas of a bridge, and after each restart
 * @param keyId names the API key; undefined for all who come without one
 */
export function createSeal(secret: string, keyId: string | undefined): Seal {
  const key = new Uint8Array(hkdfSync('sha256', secret, keyId ?? '', 'compaction', KEY_BYTES));
  return {
    seal(summary) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv(ALGORITHM, key, iv, { authTagLength: TAG_BYTES });
      const text = Buffer.concat([cipher.update(summary, 'utf8'), cipher.final()]);
      return VERSION + Buffer.concat([iv, cipher.getAuthTag(), text]).toString('base64url');
    },
    open(sealed) {
      if (!sealed.startsWith(VERSION)) return undefined;
      const bytes = Buffer.from(sealed.slice(VERSION.length), 'base64url');
      if (bytes.length < IV_BYTES + TAG_BYTES) return undefined;
      try {
        const iv = bytes.subarray(0, IV_BYTES);
        const decipher = createDecipheriv(ALGORITHM, key, iv, { authTagLength: TAG_BYTES });
        decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
        const text = bytes.subarray(IV_BYTES + TAG_BYTES);
        return Buffer.concat([decipher.update(text), decipher.final()]).toString('utf8');
      } catch {
        // Altered, or sealed with another key.
        return undefined;
      }
    },
  };
}

/** `item` as the model reads it. Throws `bad-request` for a compaction that cannot be read. @param param where it stands */
export function readCompaction(item: InputItem, param: string, seal: Seal): InputItem {
  if (item.type !== 'compaction') return item;
  const summary = seal.open(item.encrypted_content);
  if (summary === undefined) {
    const message = `Invalid '${param}.encrypted_content': this compaction was not made by this server for this API key.`;
    throw new Fault('bad-request', message, {
      param: `${param}.encrypted_content`,
      reason: 'invalid_encrypted_content',
    });
  }
  return { type: 'message', role: 'user', content: `${SUMMARY_PREFACE}\n\n${summary}` };
}

/** True for an input that asks to be compacted. Throws `bad-request` for a trigger that is not its last item. */
export function asksForCompaction(own: readonly InputItem[]): boolean {
  const at = own.findIndex(({ type }) => type === 'compaction_trigger');
  if (at === -1) return false;
  if (at === own.length - 1) return true;
  const message = `Invalid 'input[${at}]': a 'compaction_trigger' has to be the last item.`;
  throw new Fault('bad-request', message, { param: `input[${at}]`, reason: 'invalid_value' });
}
