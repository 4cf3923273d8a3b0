/** Starts the page, and asks how the bridge is doing each second while somebody looks. */
import { askBridge, messageIn } from './ask-bridge.js';
import { startKeyForm } from './key-form.js';
import { startPlayground } from './playground.js';
import { createStatusView } from './status-view.js';
import { startTheme } from './theme.js';

const PAUSE_MS = 1_000;
const TIMEOUT_MS = 5_000;

startTheme();
const statusView = createStatusView();
const playground = startPlayground();
const keyForm = startKeyForm(() => void poll());
let timer;
let round = 0;

async function poll() {
  clearTimeout(timer);
  const mine = ++round;
  const isVisible = document.visibilityState === 'visible';
  const goesOn = !isVisible || (await look(() => mine === round));
  if (goesOn && mine === round) timer = setTimeout(poll, PAUSE_MS);
}

/**
 * Resolves with false if there is no use in asking again before there is a key: each time would be one more refused request.
 * @param isCurrent false as soon as somebody else has asked
 */
async function look(isCurrent) {
  let answer;
  let text;
  try {
    answer = await askBridge('/ui/api/status', { signal: AbortSignal.timeout(TIMEOUT_MS) });
    text = await answer.text();
  } catch {
    if (isCurrent()) statusView.showAway('The bridge does not answer');
    return true;
  }
  if (!isCurrent()) return true;
  if (!answer.ok) {
    const message = messageIn(text, answer.status);
    statusView.showAway(answer.status === 401 ? 'The bridge wants a key' : message);
    if (answer.status === 401) keyForm.demand(message);
    return answer.status !== 401;
  }
  const status = JSON.parse(text);
  keyForm.accept();
  statusView.show(status);
  playground.adapt(status);
  return true;
}

document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible') void poll();
});
void poll();
