/** What OpenAI's `parallel_tool_calls: false` and Anthropic's `disable_parallel_tool_use` ask for: at most one call. */
import type { Event } from '../../core/event.js';

/** The turn without the calls after its first. For workers that do not heed the knob themselves. */
export async function* firstCallOnly(
  turn: AsyncIterable<readonly Event[]>,
): AsyncGenerator<readonly Event[], void, undefined> {
  let hasCall = false;
  for await (const batch of turn) {
    yield batch.filter((event) => {
      if (event.type !== 'tool-call') return true;
      const isFirst = !hasCall;
      hasCall = true;
      return isFirst;
    });
  }
}
