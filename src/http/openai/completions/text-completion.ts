/** A whole answer as a `text_completion` (src/http/openai/README.md, "Completions"). */
import type { Answer } from '../../../core/collect.js';
import { addUsage } from '../../../core/event.js';
import type { Envelope } from '../envelope.js';
import { toFinishReason } from '../finish-reason.js';
import { NO_USAGE, toUsage } from '../usage.js';
import { toLegacyLogprobs } from './legacy-logprobs.js';

/**
 * @param answers one for each choice, in order
 * @param prefixes what the text of each begins with, where the prompts are wanted back
 */
export function toTextCompletion(
  answers: readonly Answer[],
  { id, created, model }: Envelope,
  prefixes: readonly string[],
) {
  return {
    id,
    object: 'text_completion',
    created,
    model,
    choices: answers.map(({ text, reason, logprobs }, index) => ({
      text: `${prefixes[index] ?? ''}${text}`,
      index,
      logprobs: toLegacyLogprobs(logprobs, (prefixes[index] ?? '').length),
      finish_reason: toFinishReason(reason, 'none'),
    })),
    usage: toUsage(answers.map(({ usage }) => usage).reduce(addUsage, NO_USAGE)),
    system_fingerprint: null,
  };
}
