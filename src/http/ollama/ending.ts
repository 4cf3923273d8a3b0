/** What the last line of an answer and a whole answer say of its end. */
import type { FinishReason, Usage } from '../../core/event.js';
import { toDoneReason } from './done-reason.js';
import type { Envelope } from './envelope.js';

/** What follows `"done":true,`. @param text of the whole answer */
export function toEnding({ timings, toContext }: Envelope, reason: FinishReason, usage: Usage, text: string) {
  const metrics = timings.metrics(usage);
  // Written out: copying an object into another one takes longer than making its JSON.
  return {
    done_reason: toDoneReason(reason),
    context: toContext?.(text),
    total_duration: metrics.total_duration,
    load_duration: metrics.load_duration,
    prompt_eval_count: metrics.prompt_eval_count,
    prompt_eval_duration: metrics.prompt_eval_duration,
    eval_count: metrics.eval_count,
    eval_duration: metrics.eval_duration,
  };
}
