/** How a bridge is doing, as lines of a terminal. */
import { toPrintableLine } from '../../core/printable.js';
import { toStatefulness, toWorkers } from '../models/show-models.js';
import { type Piece, toTable } from '../terminal-text.js';
import type { ShownStatus } from './ask-status.js';

type Line = readonly Piece[];

const MAX_SHOWN_FAULTS = 3;
const MAX_SHOWN_CONVERSATIONS = 10;

/** @param origin where it was asked, @param now in ms, by the bridge's clock */
export function toStatusLines(status: ShownStatus, origin: string, now: number): readonly Line[] {
  const { version, kind, startedAt, processes } = status;
  const up = `up ${toDuration(now - Date.parse(startedAt))}`;
  const several = processes.length > 1 ? [`${processes.length} processes`] : [];
  return [
    plain([`thrum-bridge ${version}`, kind, origin, up, ...several].map(toPrintableLine).join('  ')),
    [],
    ...toNest(status),
    ...toTable(toFigures(status)),
    ...section('MODELS', toModels(status)),
    ...section('LIVE TURNS', toLiveTurns(status, now)),
    ...section('CONVERSATIONS', toConversations(status)),
    ...section('LAST FAULTS', toFaults(status)),
  ];
}

/** Who answers; a bridge of an older version does not say it. */
function toNest({ nest }: ShownStatus): readonly Line[] {
  if (nest === undefined) return [];
  const colour = !nest.ready ? 'red' : nest.answers === 'echo' ? 'yellow' : 'green';
  return [[name('nest      '), { text: toPrintableLine(nest.text), colour }]];
}

function toFigures(status: ShownStatus): readonly Line[] {
  const { link, sessions, turns, tokensPerSecond, bufferedBytes, memory } = status;
  const sockets = link.sockets.map(({ number, state }) => `socket ${number} ${toPrintableLine(state)}`);
  const outcomes = Object.entries(turns.byOutcome).sort(([, one], [, other]) => other - one);
  const ends = outcomes.map(([outcome, count]) => `${count} ${toPrintableLine(outcome)}`);
  const isUp = link.state === 'up';
  // That turns go to a humd is the rule.
  const to = link.to === undefined || link.to === 'humd' ? [] : [`to the ${toPrintableLine(link.to)}`];
  return [
    [
      name('link'),
      { text: toPrintableLine(link.state), colour: isUp ? 'green' : 'red' },
      { text: [...to, ...sockets, `${link.reconnects} reconnects`].join(', ') },
    ],
    [
      name('sessions'),
      { text: `${sessions.open} open` },
      {
        text: `${sessions.running} running, ${sessions.parked} parked, ${sessions.waiting} waiting, ${sessions.kept} kept`,
      },
    ],
    [
      name('tokens'),
      { text: `${tokensPerSecond.toFixed(1)}/s` },
      { text: `${toSize(bufferedBytes)} wait for slow clients` },
    ],
    [name('turns'), { text: `${turns.total} ended` }, { text: ends.join(', ') }],
    [name('memory'), { text: toSize(memory.rssBytes) }],
  ];
}

function toLiveTurns({ live }: ShownStatus, now: number): readonly Line[] {
  if (live.length === 0) return [];
  const headings = ['MODEL', 'SURFACE', 'STATE', 'AGE', 'TOKENS', 'TOKENS/S'];
  return toTable([
    headings.map((text): Piece => ({ text, colour: 'dim' })),
    ...live.map(({ model, surface, state, startedAt, tokens, tokensPerSecond }) =>
      [
        toPrintableLine(model),
        toPrintableLine(surface),
        toPrintableLine(state),
        toDuration(now - Date.parse(startedAt)),
        String(tokens),
        tokensPerSecond.toFixed(1),
      ].map((text): Piece => ({ text })),
    ),
  ]);
}

/** All that can be asked for, with their workers and how many conversations these remember. */
function toModels({ models, conversations }: ShownStatus): readonly Line[] {
  const shown = models.filter(({ listed, service }) => listed || service === 'stub');
  if (shown.length === 0) return [];
  const headings = ['MODEL', 'WORKERS', 'STATEFULNESS', 'CONVERSATIONS'];
  return toTable([
    headings.map((text): Piece => ({ text, colour: 'dim' })),
    ...shown.map(({ id, target, service, workers }) => [
      { text: toPrintableLine(id) },
      service === 'stub'
        ? { text: `${toWorkers(workers).text} (never answers)`, colour: 'yellow' as const }
        : toWorkers(workers),
      { text: toStatefulness(workers ?? []) },
      { text: String(conversations.filter(({ model }) => model === target).length) },
    ]),
  ]);
}

/** Those used last. */
function toConversations({ conversations }: ShownStatus): readonly Line[] {
  if (conversations.length === 0) return [];
  const headings = ['MODEL', 'STATE', 'TURNS', 'AGE', 'IDLE', 'NAME'];
  return toTable([
    headings.map((text): Piece => ({ text, colour: 'dim' })),
    ...conversations
      .slice(0, MAX_SHOWN_CONVERSATIONS)
      .map(({ model, state, turns, ageMs, idleMs, name: given = '' }) =>
        [
          toPrintableLine(model),
          toPrintableLine(state),
          String(turns),
          toDuration(ageMs),
          toDuration(idleMs),
          toPrintableLine(given),
        ].map((text): Piece => ({ text })),
      ),
  ]);
}

function toFaults({ recentFaults }: ShownStatus): readonly Line[] {
  return recentFaults
    .slice(0, MAX_SHOWN_FAULTS)
    .flatMap(({ at, model, code, message, remedy }): Line[] => [
      [
        { text: `${at.slice(0, 19).replace('T', ' ')} ` },
        { text: toPrintableLine(code), colour: 'red' },
        { text: ` ${toPrintableLine(model ?? '')}: ${toPrintableLine(message)}`.replace(' : ', ': ') },
      ],
      [{ text: `  -> ${toPrintableLine(remedy)}`, colour: 'dim' }],
    ]);
}

/** Nothing where there are no lines. */
function section(title: string, lines: readonly Line[]): readonly Line[] {
  return lines.length === 0 ? [] : [[], plain(title), ...lines];
}

function plain(text: string): Line {
  return [{ text }];
}

function name(text: string): Piece {
  return { text, colour: 'dim' };
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `2 d 3 h`, `3 h 20 min`, `20 min 5 s`, `5 s`. A clock that differs by less than a second is no reason for a minus. */
function toDuration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  if (seconds >= DAY) return `${Math.floor(seconds / DAY)} d ${Math.floor((seconds % DAY) / HOUR)} h`;
  if (seconds >= HOUR) return `${Math.floor(seconds / HOUR)} h ${Math.floor((seconds % HOUR) / MINUTE)} min`;
  if (seconds >= MINUTE) return `${Math.floor(seconds / MINUTE)} min ${seconds % MINUTE} s`;
  return `${seconds} s`;
}

/** `512 B`, `12.3 kB`, `85.1 MB`. */
function toSize(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${(bytes / 1_000).toFixed(1)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
