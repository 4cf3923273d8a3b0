import { describe, expect, it } from 'vitest';
import { BufferBudget } from '../../src/thrum/turn/buffer-budget.js';
import { Fault } from '../../src/core/fault.js';
import { Session } from '../../src/thrum/turn/session.js';

const SID = 's';
const says = (delta: string) => ({ chi: 'chunk', sid: SID, chunkType: 'text_delta', delta, blockIdx: 1 });

/** A session that is parked on a call, and whose worker has said something since. */
function parkedSession() {
  const budget = new BufferBudget({ maxTotalBufferBytes: 100 });
  const session = new Session({
    sid: SID,
    facts: { model: 'm', toolNames: new Set(['f']), promptCharacters: 1, showWorkerTools: false },
    worker: undefined,
    maxBufferBytes: 1_000,
    budget,
    now: 0,
    onCalls: () => 'parked',
    onPhase: () => undefined,
  });
  session.accept({ chi: 'tool-call', sid: SID, callId: 'c', name: 'f', args: {} }, 0);
  const before = session.events;
  session.closeOnCalls();
  before.leave();
  session.accept(says('words'), 0);
  session.flush();
  return { session, budget };
}

describe('what a parked worker says meanwhile', () => {
  it('waits for whoever brings the results', async () => {
    const { session, budget } = parkedSession();
    expect(budget.bytes).toBe(5);
    const facts = { model: 'm', toolNames: new Set<string>(), promptCharacters: 1, showWorkerTools: false };
    const events = session.resume(facts, () => 'parked', 1);
    expect((await events.next()).value).toEqual([{ type: 'text-delta', text: 'words' }]);
    expect(budget.bytes).toBe(0);
  });

  it.each<[string, (session: Session) => unknown]>([
    ['is let go', (session) => session.leave()],
    ['ends by itself', (session) => session.accept({ chi: 'finish', sid: SID }, 1)],
    ['loses its link', (session) => session.lose(new Fault('link-lost', 'gone'))],
  ])('is forgotten when it %s', (_, end) => {
    const { session, budget } = parkedSession();
    end(session);
    expect(budget.bytes).toBe(0);
  });
});

describe('a session whose answer is given up for another one', () => {
  it('has its worker told at once, and its client with the next read', async () => {
    const budget = new BufferBudget({ maxTotalBufferBytes: 10 });
    const phases: string[] = [];
    const [first, second] = ['first', 'second'].map(
      (sid) =>
        new Session({
          sid,
          facts: { model: 'm', toolNames: new Set(), promptCharacters: 1, showWorkerTools: false },
          worker: undefined,
          maxBufferBytes: 1_000,
          budget,
          now: 0,
          onCalls: () => 'parked',
          onPhase: (session, phase) => phases.push(`${session.sid} ${phase}`),
        }),
    );
    first?.accept(says('12345678'), 0);
    first?.flush();
    second?.accept(says('123456'), 0);
    second?.flush();
    expect(phases).toEqual(['first settling']);
    expect((await first?.events.next())?.value).toMatchObject([
      { type: 'fault', fault: { code: 'client-too-slow' } },
    ]);
    expect((await second?.events.next())?.value).toEqual([{ type: 'text-delta', text: '123456' }]);
  });
});
