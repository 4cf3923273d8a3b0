/** Sessions with nobody around them, for a test that looks at what they send. */
import { onTestFinished } from 'vitest';
import { BufferBudget } from '../../src/thrum/turn/buffer-budget.js';
import { Fault } from '../../src/core/fault.js';
import { Sessions, type SessionsOptions } from '../../src/thrum/turn/sessions.js';
import { StrayCalls } from '../../src/thrum/tools/stray-calls.js';
import { readableLog } from '../log-lines.js';

/** They end with the test. Each rid is `r`. */
export function createSessions(send: SessionsOptions['send']) {
  const { log, saying } = readableLog();
  const createRid = () => 'r';
  const sessions = new Sessions({
    limits: { turnTimeoutMs: 60_000, promptTimeoutMs: 60_000, gatherWindowMs: 50, maxBufferBytes: 1_000 },
    budget: new BufferBudget({ maxTotalBufferBytes: 1_000 }),
    createRid,
    send,
    acceptToolResult: () => false,
    strayCalls: new StrayCalls(new Set(), createRid, send),
    onPhase: () => undefined,
    hasUnsent: () => false,
    onPromptLost: () => undefined,
    onSweep: () => undefined,
    log,
  });
  onTestFinished(() => sessions.loseAll(new Fault('link-lost', 'the test is over')));
  return { sessions, saying };
}
