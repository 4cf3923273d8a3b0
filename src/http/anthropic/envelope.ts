/** What an answer says about itself, streamed or whole. */
import { randomBytes } from 'node:crypto';

export interface Envelope {
  /** `msg_` and random letters and digits. */
  readonly id: string;
  /** The model's name as the client wrote it. */
  readonly model: string;
}

const ID_BYTES = 12;

export function createEnvelope(model: string): Envelope {
  return { id: `msg_${randomBytes(ID_BYTES).toString('hex')}`, model };
}
