/** Watches the tones that a request of this page is made of. */
import { askBridge, messageIn } from './ask-bridge.js';
import { readLines } from './stream-lines.js';

/** After these nothing more comes for a turn, but for what a tool's result brings. */
const LAST_TONES = ['cleanup', 'finish', 'error'];
/** How long the last tones are awaited after the answer. */
const LAST_MS = 2_000;
const DATA = 'data: ';

/**
 * Resolves when the request may be sent.
 * @param onTone told of each: `{direction, at, line}`
 * @param onProblem told why none can be seen
 */
export async function watchTones(requestId, onTone, onProblem) {
  const controller = new AbortController();
  let hasEnded = false;
  let onEnd = () => undefined;
  const take = (line) => {
    if (!line.startsWith(DATA)) return;
    const tone = JSON.parse(line.slice(DATA.length));
    onTone(tone);
    hasEnded = LAST_TONES.some((chi) => tone.line.includes(`"chi":"${chi}"`));
    if (hasEnded) onEnd();
  };
  try {
    const answer = await askBridge(`/ui/api/tones?request=${requestId}`, { signal: controller.signal });
    if (answer.ok) readLines(answer.body, take).catch(() => undefined);
    else onProblem(messageIn(await answer.text(), answer.status));
  } catch {
    onProblem('the bridge does not answer');
  }
  return {
    close: () => controller.abort(),
    /** Closes it as soon as the turn is over on the wire too. */
    closeAfterLast() {
      onEnd = () => setTimeout(() => controller.abort(), 200);
      if (hasEnded) onEnd();
      setTimeout(() => controller.abort(), LAST_MS);
    },
  };
}
