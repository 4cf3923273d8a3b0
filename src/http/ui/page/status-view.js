/** Shows how the bridge is doing. */
import { byId, element, setText } from './element.js';
import { createSparkline } from './sparkline.js';
import { createTable } from './table-view.js';

const FIGURES = [
  ['Tokens a second', ({ tokensPerSecond }) => tokensPerSecond],
  ['Turns that run', ({ sessions }) => sessions.running],
  ['Turns that wait', ({ sessions }) => sessions.waiting],
  ['Parked on tools', ({ sessions }) => sessions.parked],
  ['Open sessions', ({ sessions }) => sessions.open],
  ['Conversations kept', ({ sessions }) => sessions.kept],
  ['Turns so far', ({ turns }) => turns.total],
  ['Cancelled', ({ link }) => link.cancels],
  ['Links lost', ({ link }) => link.reconnects],
  ['Lines dropped', ({ link }) => link.droppedLines.oversized + link.droppedLines.malformed],
  ['Tones ignored', ({ link }) => link.ignoredTones.unknownChi + link.ignoredTones.foreignSid],
  ['Waits for clients', ({ bufferedBytes }) => toSize(bufferedBytes)],
  ['Memory', ({ memory }) => toSize(memory.rssBytes)],
];

const LINKED = {
  humd: 'Linked to humd',
  echo: 'Nothing but an echo answers',
  upstream: 'Linked to the upstream',
};

const LIVE_COLUMNS = [
  { title: 'Request', of: ({ requestId }) => requestId ?? 'unnamed' },
  { title: 'Model', of: ({ model }) => model },
  { title: 'API', of: ({ surface }) => surface },
  { title: 'State', of: ({ state }) => state },
  { title: 'Age', of: ({ startedAt }) => toAge(startedAt), isNumber: true },
  { title: 'First after', of: ({ firstMs }) => (firstMs === null ? '' : `${firstMs} ms`), isNumber: true },
  { title: 'Tokens', of: ({ tokens }) => tokens, isNumber: true },
  { title: 'Tokens a second', of: ({ tokensPerSecond }) => tokensPerSecond, isNumber: true },
];

const MODEL_COLUMNS = [
  { title: 'Model', of: ({ id }) => id },
  { title: 'Known to hum as', of: ({ target }) => target },
  { title: 'From', of: ({ source }) => source },
  { title: 'Workers', of: toWorkers },
  { title: 'Sessions', of: ({ workers }) => toStatefulness(workers) },
];

const CONVERSATION_COLUMNS = [
  { title: 'Session', of: ({ id }) => id },
  { title: 'Name', of: ({ name }) => name ?? '' },
  { title: 'Model', of: ({ model }) => model },
  { title: 'State', of: ({ state }) => state },
  { title: 'Turns', of: ({ turns }) => turns, isNumber: true },
  { title: 'Age', of: ({ ageMs }) => toSeconds(ageMs), isNumber: true },
  { title: 'Idle', of: ({ idleMs }) => toSeconds(idleMs), isNumber: true },
];

const FAULT_COLUMNS = [
  { title: 'When', of: ({ at }) => new Date(at).toLocaleTimeString() },
  { title: 'Error', of: ({ code }) => code },
  { title: 'Message', of: ({ message }) => message },
  { title: 'What to do', of: ({ remedy }) => remedy },
  { title: 'Model', of: ({ model }) => model ?? '' },
  { title: 'API', of: ({ surface }) => surface },
  { title: 'Request', of: ({ requestId }) => requestId ?? '' },
];

export function createStatusView() {
  const linkState = byId('link-state');
  const sparkline = createSparkline();
  const figures = FIGURES.map(([name, of]) => ({ of, shown: addFigure(name) }));
  const sockets = addFigure('Sockets');
  const showLive = createTable(byId('live'), 'Turns that clients wait for now', LIVE_COLUMNS, 'None.');
  const showModels = createTable(byId('models'), 'Models, and who serves them now', MODEL_COLUMNS, 'None.');
  const showConversations = createTable(
    byId('conversations'),
    'Those that workers remember, the one used last first',
    CONVERSATION_COLUMNS,
    'None.',
  );
  const showFaults = createTable(byId('faults'), 'The latest first', FAULT_COLUMNS, 'None so far.');
  const say = (state, text) => {
    linkState.dataset.state = state;
    setText(linkState, text);
  };
  return {
    show(status) {
      const { version, kind, hid, processes, nest, link, models, conversations, live, recentFaults } = status;
      const many = processes.length > 1 ? `, ${processes.length} processes` : '';
      setText(byId('identity'), `${version}, ${kind}${many}, ${hid.slice(0, 13)}…`);
      const isUp = link.state === 'up';
      say(
        isUp && !nest.ready ? 'down' : link.state,
        isUp ? (nest.problem ?? LINKED[link.to]) : 'No link to humd',
      );
      for (const { of, shown } of figures) setText(shown, String(of(status)));
      setText(sockets, link.sockets.map(({ number, state }) => `${number} ${state}`).join(', '));
      sparkline.add(status.tokensPerSecond);
      showLive(live);
      showModels(models.filter(({ listed, service }) => listed || service === 'stub'));
      showConversations(conversations);
      showFaults(recentFaults);
    },
    /** The bridge gave no status. */
    showAway(reason) {
      say('away', reason);
    },
  };
}

function addFigure(name) {
  const shown = element('dd', ['–']);
  byId('figures').append(element('div', [element('dt', [name]), shown]));
  return shown;
}

function toSize(bytes) {
  return bytes < 1_048_576 ? `${Math.ceil(bytes / 1024)} KiB` : `${Math.round(bytes / 1_048_576)} MiB`;
}

function toAge(startedAt) {
  return toSeconds(Math.max(0, Date.now() - Date.parse(startedAt)));
}

function toSeconds(ms) {
  return `${Math.round(ms / 1000)} s`;
}

function toWorkers({ workers, service }) {
  if (workers === null) return 'unknown';
  const names = workers.map(({ name }) => name || 'unnamed').join(', ') || 'nobody';
  return service === 'stub' ? `${names} (never answers)` : names;
}

function toStatefulness(workers) {
  return [...new Set((workers ?? []).map(({ statefulness }) => statefulness ?? 'unknown'))].join(', ');
}
