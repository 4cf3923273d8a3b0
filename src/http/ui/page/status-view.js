/** Shows how the bridge is doing. */
import { createChart, toDuration } from './chart.js';
import { byId, element, setText } from './element.js';
import { createErrors } from './errors.js';
import { createTable } from './table-view.js';

/** How a turn ends that has not failed. */
const GOOD_ENDS = ['stop', 'length', 'tool-calls', 'content-filter', 'left'];
/** What the tile of the first tokens is about. */
const RECENT_SECONDS = 300;

/** What matters most: name, figure, and what stands below it. */
const TILES = [
  ['Tokens a second', ({ tokensPerSecond }) => tokensPerSecond, mostTokens],
  ['Turns that run', ({ sessions }) => sessions.running, ({ sessions }) => `${sessions.waiting} waiting`],
  ['First token after', meanWait, slowestWait],
  [
    'Turns so far',
    ({ turns }) => turns.total.toLocaleString('en'),
    ({ turns }) => `${failures(turns)} failed`,
  ],
  ['Conversations', ({ sessions }) => sessions.kept, ({ sessions }) => `${sessions.parked} parked on tools`],
  [
    'Running for',
    ({ startedAt }) => toDuration(secondsSince(startedAt)),
    ({ memory }) => toSize(memory.rssBytes),
  ],
];

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
  { title: 'Age', of: ({ startedAt }) => `${Math.round(secondsSince(startedAt))} s`, isNumber: true },
  { title: 'First after', of: ({ firstMs }) => (firstMs === null ? '' : `${firstMs} ms`), isNumber: true },
  { title: 'Tokens', of: ({ tokens }) => tokens, isNumber: true },
  { title: 'Tokens a second', of: ({ tokensPerSecond }) => tokensPerSecond, isNumber: true },
];

const MODEL_COLUMNS = [
  { title: 'Model', of: ({ id }) => id },
  { title: 'Known to hum as', of: ({ target }) => target },
  { title: 'From', of: ({ source }) => source },
  { title: 'Workers', of: toWorkers },
  { title: 'Sessions', of: toSessions },
];

const CONVERSATION_COLUMNS = [
  { title: 'Session', of: ({ id }) => id },
  { title: 'Name', of: ({ name }) => name ?? '' },
  { title: 'Model', of: ({ model }) => model },
  { title: 'State', of: ({ state }) => state },
  { title: 'Turns', of: ({ turns }) => turns, isNumber: true },
  { title: 'Age', of: ({ ageMs }) => `${Math.round(ageMs / 1_000)} s`, isNumber: true },
  { title: 'Idle', of: ({ idleMs }) => `${Math.round(idleMs / 1_000)} s`, isNumber: true },
];

export function createStatusView() {
  const linkState = byId('link-state');
  const tiles = TILES.map(([name, of, below]) => ({ of, below, ...addTile(name) }));
  const figures = FIGURES.map(([name, of]) => ({ of, shown: addFigure(name) }));
  const sockets = addFigure('Sockets');
  const rates = createChart('rate-chart', 'Tokens a second', toCount);
  const waits = createChart('wait-chart', 'Time to the first token', toMs, true);
  const errors = createErrors();
  const none = 'No turn runs now. One from the playground shows here while it is answered.';
  const showLive = createTable(byId('live'), 'Turns that clients wait for now', LIVE_COLUMNS, none);
  const showModels = createTable(
    byId('models'),
    'Models, and who serves them now',
    MODEL_COLUMNS,
    'No model yet: no worker serves one.',
  );
  const showConversations = createTable(
    byId('conversations'),
    'Those that workers remember, the one used last first',
    CONVERSATION_COLUMNS,
    'No worker remembers a conversation.',
  );
  // All of them would be a screen of their own there.
  if (matchMedia('(max-width: 44rem)').matches) byId('figures').closest('details').open = false;
  let freshAt;
  const say = (state, text) => {
    linkState.dataset.state = state;
    setText(linkState, text);
  };
  return {
    show(status) {
      const { version, kind, hid, processes, nest, link, models, conversations, live, recentFaults } = status;
      const many = processes.length > 1 ? `, ${processes.length} processes` : '';
      const identity = byId('identity');
      setText(identity, `${version}, ${kind}${many}, ${hid.slice(0, 13)}…`);
      // All of it where it is cut.
      identity.title = identity.textContent;
      const isUp = link.state === 'up';
      const state = !isUp || !nest.ready ? 'down' : link.to === 'echo' ? 'echo' : 'up';
      say(state, isUp ? (nest.problem ?? LINKED[link.to]) : 'No link to humd');
      setText(byId('nest'), nest.text);
      for (const { of, below, shown, note } of tiles) {
        setText(shown, String(of(status)));
        setText(note, String(below(status)));
      }
      for (const { of, shown } of figures) setText(shown, String(of(status)));
      setText(sockets, link.sockets.map(({ number, state: its }) => `${number} ${its}`).join(', '));
      const { stepSeconds, firsts, firstMsSum, firstMsMax } = status.history;
      rates.show({ values: tokenRates(status), highest: [], stepSeconds });
      waits.show({
        values: firsts.map((count, index) => (count === 0 ? null : firstMsSum[index] / count)),
        highest: firsts.map((count, index) => (count === 0 ? null : firstMsMax[index])),
        stepSeconds,
      });
      showLive(live);
      showModels(
        models
          .filter(({ listed, service }) => listed || service === 'stub')
          .map((model) => ({
            ...model,
            kept: conversations.filter((conversation) => conversation.model === model.target).length,
          })),
      );
      showConversations(conversations);
      errors.show(recentFaults);
      freshAt = new Date();
      document.body.classList.remove('stale');
      setText(byId('freshness'), `as of ${freshAt.toLocaleTimeString()}`);
    },
    /** The bridge gave no status: what stands here is as old as the last one. */
    showAway(reason) {
      say('away', reason);
      setText(byId('nest'), '');
      document.body.classList.add('stale');
      const since = freshAt === undefined ? 'no figures yet' : `old: as of ${freshAt.toLocaleTimeString()}`;
      setText(byId('freshness'), since);
    },
  };
}

function addTile(name) {
  const shown = element('dd', ['–']);
  const note = element('dd', ['']);
  byId('tiles').append(element('div', [element('dt', [name]), shown, note]));
  return { shown, note };
}

function addFigure(name) {
  const shown = element('dd', ['–']);
  byId('figures').append(element('div', [element('dt', [name]), shown]));
  return shown;
}

/** Tokens a second in each step; the one that still runs has the rate of now. */
function tokenRates({ history: { tokens, stepSeconds }, tokensPerSecond }) {
  return tokens.map((count, index) => (index === tokens.length - 1 ? tokensPerSecond : count / stepSeconds));
}

function mostTokens(status) {
  return `most ${toCount(Math.max(0, ...tokenRates(status)))}`;
}

function recent({ history }) {
  const from = -Math.ceil(RECENT_SECONDS / history.stepSeconds);
  const sum = (list) => list.slice(from).reduce((total, one) => total + one, 0);
  return {
    count: sum(history.firsts),
    totalMs: sum(history.firstMsSum),
    slowestMs: Math.max(0, ...history.firstMsMax.slice(from)),
  };
}

function meanWait(status) {
  const { count, totalMs } = recent(status);
  return count === 0 ? '–' : toMs(totalMs / count);
}

function slowestWait(status) {
  const { count, slowestMs } = recent(status);
  return count === 0 ? 'none in 5 min' : `slowest ${toMs(slowestMs)}`;
}

function failures({ byOutcome }) {
  return Object.entries(byOutcome)
    .filter(([outcome]) => !GOOD_ENDS.includes(outcome))
    .reduce((total, [, count]) => total + count, 0);
}

function toCount(value) {
  if (value >= 10_000) return `${Math.round(value / 1_000)}k`;
  return String(value >= 10 ? Math.round(value) : +value.toFixed(value < 1 ? 2 : 1));
}

function toMs(ms) {
  if (ms >= 10_000) return `${Math.round(ms / 1_000)} s`;
  return ms >= 1_000 ? `${+(ms / 1_000).toFixed(1)} s` : `${ms < 10 ? +ms.toFixed(1) : Math.round(ms)} ms`;
}

function toSize(bytes) {
  return bytes < 1_048_576 ? `${Math.ceil(bytes / 1024)} KiB` : `${Math.round(bytes / 1_048_576)} MiB`;
}

function secondsSince(time) {
  return Math.max(0, Date.now() - Date.parse(time)) / 1_000;
}

function toWorkers({ workers, service }) {
  if (workers === null) return 'unknown';
  const names = workers.map(({ name }) => name || 'unnamed').join(', ') || 'nobody';
  return service === 'stub' ? `${names} (never answers)` : names;
}

/** How its workers keep conversations, and how many they remember. */
function toSessions({ workers, kept }) {
  const kinds = [...new Set((workers ?? []).map(({ statefulness }) => statefulness ?? 'unknown'))].join(', ');
  return kept > 0 ? `${kinds}, ${kept} remembered` : kinds;
}
