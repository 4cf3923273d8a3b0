/** Turns and the one that opens them, with a scripted humd in place of the link: for tests of what is sent, and when. */
import { onTestFinished } from 'vitest';
import { Fault } from '../../src/core/fault.js';
import type { TurnRequest } from '../../src/core/request.js';
import type { ReplicaChannel, ReplicaStore } from '../../src/shared/replica-store.js';
import { type Departure, EncodedTone, type SentTone, type Tone } from '../../src/thrum/link/tone-codec.js';
import { DeclaredTools } from '../../src/thrum/tools/declared-tools.js';
import { refusalOf, toErrorResult } from '../../src/thrum/tools/mesh-tools.js';
import { ToolAccess } from '../../src/thrum/tools/tool-access.js';
import { BufferBudget, type BufferBudgetLimits } from '../../src/thrum/turn/buffer-budget.js';
import { type OpenTurnLimits, TurnOpener } from '../../src/thrum/turn/open-turn.js';
import { LinkTurns, type TurnsLimits } from '../../src/thrum/turn/turns.js';
import { readableLog } from '../log-lines.js';

export interface SentRecord {
  readonly tone: Tone;
  readonly departure: Departure | undefined;
  /** In ms on the monotonic clock. */
  readonly at: number;
}

export interface OpenTurnsOptions {
  readonly limits?: Partial<OpenTurnLimits & TurnsLimits & BufferBudgetLimits>;
  readonly declaredTools?: readonly string[];
  readonly isStateful?: boolean;
  readonly replicas?: ReplicaStore;
  readonly channel?: ReplicaChannel;
  /** The kind of the workers; `claude` where absent. */
  readonly kind?: string;
  /** Whether humd's list of bees has us; it does where absent. */
  readonly isListed?: () => boolean;
}

/** One worker serves every model. All turns end with the test. */
export function startTurns(options: OpenTurnsOptions = {}) {
  const { log, saying } = readableLog();
  const sent: SentRecord[] = [];
  const followed: (readonly [sid: string, request: TurnRequest])[] = [];
  const limits = {
    turnTimeoutMs: 60_000,
    promptTimeoutMs: 5_000,
    startTimeoutMs: 60_000,
    gatherWindowMs: 50,
    maxBufferBytes: 10_000,
    maxAnswerBytes: 1_000_000,
    maxTotalBufferBytes: 100_000,
    maxParkedTurns: 100,
    maxParkedBytes: 10_000,
    turnsPerWorker: { claude: 100 },
    maxQueuedTurns: 100,
    queueTimeoutMs: 60_000,
    toolResults: 'auto' as const,
    showWorkerTools: false,
    ...options.limits,
  };
  const budget = new BufferBudget(limits);
  let rids = 0;
  const createRid = () => `r${rids++}`;
  const send = (tone: SentTone, departure?: Departure) => {
    const fields = tone instanceof EncodedTone ? JSON.parse(toText(tone)) : tone;
    sent.push({ tone: { ...fields, chi: String(fields['chi']) }, departure, at: performance.now() });
  };
  const declared = new DeclaredTools({
    owner: 'hid',
    configured: (options.declaredTools ?? []).map((name) => ({ name, description: '', inputSchema: {} })),
    declare: () => send({ chi: 'hello', tools: declared.list() }),
    letGoKept: () => opener.letGoKeptTools(),
    now: () => performance.now(),
  });
  const turns: LinkTurns = new LinkTurns({
    limits,
    budget,
    createRid,
    send,
    acceptToolResult: () => false,
    onResultLost: () => undefined,
    onRefusal: () => undefined,
    refuseForeignCall: (tone, turn) => {
      const reason = refusalOf(tone, declared, turn);
      if (reason !== undefined) send(toErrorResult(tone, reason, createRid()));
      return reason !== undefined;
    },
    refuseLateCall: (tone) => send(toErrorResult(tone, 'late', createRid())),
    park: (turn) => opener.park(turn),
    onEffect: (turn, effect) => opener.onEffect(turn, effect),
    hasUnsent: () => false,
    onPromptLost: () => undefined,
    onSweep: (now) => opener.onSweep(now),
    log,
  });
  const opener: TurnOpener = new TurnOpener(
    {
      limits,
      hive: 'h',
      createRid,
      send,
      tools: new ToolAccess({
        declared,
        limits,
        isListed: options.isListed ?? (() => true),
        othersTools: () => [],
        log,
      }),
      isDeclared: (name) => declared.has(name),
      replicas: options.replicas,
      channel: options.channel,
      onSid: (sid, request) => followed.push([sid, request]),
      onlyWorkerOf: () => 'worker-1',
      workerKindsOf: () => [options.kind ?? 'claude'],
      isStateful: () => options.isStateful ?? false,
      workersOf: () => ({ set: '', connections: '' }),
    },
    turns,
  );
  onTestFinished(() => turns.loseAll(new Fault('link-lost', 'the test is over')));
  const tones = (chi?: string) =>
    sent.map(({ tone }) => tone).filter((tone) => chi === undefined || tone.chi === chi);
  return { turns, opener, budget, sent, followed, saying, tones };
}

function toText({ parts }: EncodedTone): string {
  return Buffer.concat(parts.map((part) => Buffer.from(part))).toString();
}

export const TARGET = { modelId: 'm', card: undefined };

/** A request of one user message. */
export function asking(text: string, fields: Partial<TurnRequest> = {}): TurnRequest {
  return {
    model: 'm',
    messages: [{ role: 'user', content: [{ type: 'text', text }] }],
    tools: [],
    sampling: {},
    ...fields,
  };
}

/** A tool that a request brings. */
export const TOOL = { name: 'f', inputSchema: { type: 'object' } };
