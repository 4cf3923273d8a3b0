import { describe, expect, it } from 'vitest';
import { Fault } from '../../src/core/fault.js';
import { TurnAbort } from '../../src/core/abort.js';
import { CallParking } from '../../src/thrum/tools/call-parking.js';
import { KnownDigests } from '../../src/thrum/sessions/known-digests.js';
import { LinkLives } from '../../src/thrum/link/link-history.js';
import { ParkedTurns } from '../../src/thrum/tools/parked-turns.js';
import { PromptSender } from '../../src/thrum/turn/prompt-sender.js';
import { ResultWays } from '../../src/thrum/tools/result-ways.js';
import { WorkerCells } from '../../src/thrum/sessions/worker-capacity.js';
import { createSessions } from './create-sessions.js';
import { origin, request } from './greeting.js';

const routeTo = (sid: string) => ({
  messages: request.messages,
  sid,
  resume: undefined,
  way: 'prompt' as const,
  isKept: false,
});

/** A sender to a worker that has one cell. */
function startSender() {
  const sent: unknown[] = [];
  const send = (tone: unknown) => void sent.push(tone);
  const { sessions } = createSessions(send);
  const cells = new WorkerCells({
    limits: { turnsPerWorker: { claude: 1 }, maxQueuedTurns: 1, queueTimeoutMs: 60_000 },
    kindsOf: () => ['claude'],
    letGoKept: () => false,
    endParked: () => undefined,
  });
  const turns = new ParkedTurns({ maxParkedTurns: 1, maxParkedBytes: 1_000 });
  const ways = new ResultWays({ toolResults: 'auto' });
  const lives = new LinkLives();
  const sender = new PromptSender(
    {
      limits: { showWorkerTools: false },
      hive: 'h',
      createRid: () => 'r',
      onSid: () => undefined,
      onlyWorkerOf: () => undefined,
    },
    sessions,
    cells,
    new CallParking(turns, ways, new KnownDigests(), new Set()),
    lives,
  );
  return { sender, cells, lives, sent };
}

describe('a prompt', () => {
  it('leaves as soon as its sid has a cell', async () => {
    const { sender, cells, sent } = startSender();
    await cells.take('other', 'm', new TurnAbort());
    const opening = sender.send(request, origin, routeTo('s'), new TurnAbort());
    expect(sent).toEqual([]);
    cells.free('other');
    await opening;
    expect(sent).toEqual([expect.objectContaining({ chi: 'prompt', sid: 's', content: 'hi' })]);
  });

  it('is not sent if the link broke while it waited for a cell, which it gives back', async () => {
    const { sender, cells, lives, sent } = startSender();
    await cells.take('other', 'm', new TurnAbort());
    const opening = sender.send(request, origin, routeTo('s'), new TurnAbort());
    lives.lost();
    cells.free('other');
    await expect(opening).rejects.toMatchObject({ code: 'link-down' });
    expect([sent, cells.holds('s')]).toEqual([[], false]);
  });

  it('that is not sent leaves its sid the cell that it had before', async () => {
    const { sender, cells, sent } = startSender();
    await cells.take('s', 'm', new TurnAbort());
    const signal = new TurnAbort();
    const opening = sender.send(request, origin, routeTo('s'), signal);
    signal.abort(new Fault('timeout', 'nobody waits'));
    await expect(opening).rejects.toMatchObject({ code: 'timeout' });
    expect([sent, cells.holds('s')]).toEqual([[], true]);
  });
});
