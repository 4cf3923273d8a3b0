/** From the bytes of a legacy completion's body to the body. */
import { defineTask } from '../../../threads/task.js';
import type { BodyInput } from '../../body/decode-body.js';
import { parseBody } from '../validate.js';
import { type CompletionBody, completionBody } from './schema.js';

/** Throws `bad-request`. Pure. */
export function readCompletion(input: BodyInput): CompletionBody {
  return parseBody(completionBody, input);
}

export const READ_COMPLETION = defineTask(import.meta.url, 'readCompletion', readCompletion);
