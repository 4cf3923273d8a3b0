/**
 * Whether reasoning is sent as summaries or as it is: clients display one of the two
 * (src/http/openai/README.md, "Order of response events").
 */
import type { ResponsesFields } from './body-schema.js';

export type ReasoningForm = 'summary' | 'text';

/** Codex shows raw thoughts only when configured to, the AI SDK never. */
const SUMMARY_READERS = /\bcodex|\bai-sdk\/openai\b/i;

/**
 * `summary` where the request asks for one or the client shows nothing else.
 * @param client its `originator` and `user-agent` headers
 */
export function reasoningForm({ reasoning }: ResponsesFields, client: string): ReasoningForm {
  const asked = reasoning?.summary ?? reasoning?.generate_summary;
  return asked != null || SUMMARY_READERS.test(client) ? 'summary' : 'text';
}
