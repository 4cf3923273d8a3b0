import { expect, it } from 'vitest';
import type { Departure, SentTone } from '../../src/thrum/link/sent-tone.js';
import { createSessions } from './create-sessions.js';

/** What a request would have to bring along for us to stumble over one of its tones. */
class TrapNames extends Set<string> {
  override has(): boolean {
    throw new TypeError('our own mistake');
  }
}

/** Sessions, and what they sent: each tone, and when it was to leave. */
function startSessions() {
  const sent: { readonly tone: unknown; readonly departure: Departure | undefined }[] = [];
  const send = (tone: SentTone, departure?: Departure) => void sent.push({ tone, departure });
  const { sessions, saying } = createSessions(send);
  const open = (sid: string, toolNames: ReadonlySet<string> = new Set()) =>
    sessions.open({
      sid,
      rid: sid,
      facts: { model: 'm', toolNames, promptCharacters: 1, showWorkerTools: false },
      prompt: { chi: 'prompt', rid: sid, sid },
      onCalls: () => 'parked',
      worker: undefined,
      isKept: false,
    });
  return { sessions, open, sent, saying };
}

it('a prompt leaves now where no other turn runs, else with the round, and a cancel with the tick', () => {
  const { sessions, open, sent } = startSessions();
  const departures = () => sent.splice(0).map(({ departure }) => departure);
  const first = open('first');
  open('second');
  expect(departures()).toEqual(['now', 'round']);
  first.leave();
  expect(departures()).toEqual(['tick']);
  sessions.accept([
    { chi: 'finish', sid: 'first' },
    { chi: 'finish', sid: 'second' },
  ]);
  expect(departures()).toEqual(['round', 'round']);
  open('third');
  expect(departures()).toEqual(['now']);
});

it('a tone that we stumble over ends its own turn with a fault and a cancel, and no other turn of that read', async () => {
  const { sessions, open, sent, saying } = startSessions();
  const broken = open('broken', new TrapNames());
  const neighbour = open('neighbour');
  sessions.accept([
    { chi: 'tool-call', sid: 'broken', callId: 'c', name: 'f', args: {} },
    { chi: 'chunk', sid: 'neighbour', chunkType: 'text_delta', delta: 'still here' },
  ]);
  expect((await broken.events.next()).value).toEqual([
    { type: 'fault', fault: expect.objectContaining({ code: 'internal' }) },
  ]);
  expect((await neighbour.events.next()).value).toEqual([{ type: 'text-delta', text: 'still here' }]);
  expect(sent.map(({ tone }) => tone)).toContainEqual(
    expect.objectContaining({ chi: 'cancel', sid: 'broken' }),
  );
  expect(saying('a tone could not be read')).toHaveLength(1);
});
