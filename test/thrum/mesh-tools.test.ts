import { expect, it, onTestFinished, vi } from 'vitest';
import { TurnAbort } from '../../src/core/abort.js';
import { Fault } from '../../src/core/fault.js';
import { ToolCalls } from '../../src/thrum/tools/mesh-tools.js';

function start() {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const sent: Readonly<Record<string, unknown>>[] = [];
  const calls = new ToolCalls(
    () => 'rid',
    (tone) => sent.push({ ...tone }),
  );
  return { sent, calls };
}

it('a call ends with the result of its own id, and others are not taken', async () => {
  const { sent, calls } = start();
  const call = calls.call('look', {}, 1_000, new TurnAbort());
  expect(calls.accept({ chi: 'tool-result', callId: 'another', output: '1' })).toBe(false);
  expect(calls.accept({ chi: 'tool-result', callId: sent[0]?.['callId'], output: '{"a":1}' })).toBe(true);
  expect(await call).toEqual({ a: 1 });
  expect(calls.accept({ chi: 'tool-result', callId: sent[0]?.['callId'], output: '2' })).toBe(false);
});

it.each<[string, (calls: ToolCalls, signal: TurnAbort) => unknown, object]>([
  ['no result comes in time', () => vi.advanceTimersByTime(1_000), { code: 'timeout' }],
  ['its client leaves', (_, signal) => signal.abort(), { code: 'client-left' }],
  ['the link is lost', (calls) => calls.loseAll(new Fault('link-lost', 'gone')), { code: 'link-lost' }],
])('a call ends when %s, and leaves no timer behind', async (_, end, fault) => {
  const { calls } = start();
  const signal = new TurnAbort();
  const call = calls.call('look', {}, 1_000, signal);
  end(calls, signal);
  await expect(call).rejects.toMatchObject(fault);
  expect(vi.getTimerCount()).toBe(0);
});

it('a call whose client has left is not sent', async () => {
  const { sent, calls } = start();
  const signal = new TurnAbort();
  signal.abort();
  await expect(calls.call('look', {}, 1_000, signal)).rejects.toMatchObject({ code: 'client-left' });
  expect(sent).toEqual([]);
});
