/** From the bytes of a legacy completion's body to the body. */
import { defineTask } from '../../../threads/task.js';
import { asBuffer } from '../../body/as-buffer.js';
import type { BodyInput } from '../../body/read-request.js';
import { parseBody } from '../parse-body.js';
import { validate } from '../validate.js';
import { type CompletionBody, completionBody } from './schema.js';

/** Throws `bad-request`. Pure. */
export function readCompletion({ bytes }: BodyInput): CompletionBody {
  return validate(completionBody, parseBody(asBuffer(bytes)));
}

export const READ_COMPLETION = defineTask(import.meta.url, 'readCompletion', readCompletion);
