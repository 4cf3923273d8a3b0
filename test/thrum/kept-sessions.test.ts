import { describe, expect, it } from 'vitest';
import { type KeptSession, KeptSessions, type SessionKey } from '../../src/thrum/sessions/kept-sessions.js';

const key: SessionKey = { hid: 'h', keyId: 'k', modelId: 'm', hint: 'one' };
const session = (sid: string): KeptSession => ({ sid, digest: 'd', nestId: undefined, linkLife: 0 });

function claimed(sessions: KeptSessions, of = key) {
  const claim = sessions.claim(of);
  if (claim === 'busy') expect.fail('it is busy');
  return claim;
}

describe('KeptSessions', () => {
  it('gives a session to one turn at a time', () => {
    const sessions = new KeptSessions(() => undefined);
    const first = claimed(sessions);
    expect(first.kept).toBeUndefined();
    expect(sessions.claim(key)).toBe('busy');
    sessions.release(first.id, session('a'));
    expect(claimed(sessions).kept?.sid).toBe('a');
  });

  it('keeps none that a turn has spoilt', () => {
    const sessions = new KeptSessions(() => undefined);
    sessions.release(claimed(sessions).id);
    expect(claimed(sessions).kept).toBeUndefined();
  });

  it('tells apart by key, model, hint and hive', () => {
    const sessions = new KeptSessions(() => undefined);
    sessions.release(claimed(sessions).id, session('a'));
    for (const other of [
      { keyId: 'x' },
      { keyId: undefined },
      { modelId: 'x' },
      { hint: 'x' },
      { hid: 'x' },
    ]) {
      expect(claimed(sessions, { ...key, ...other }).kept).toBeUndefined();
    }
  });

  it('says which sid to clean up when there are too many', () => {
    const forgotten: string[] = [];
    const sessions = new KeptSessions((sid) => forgotten.push(sid));
    for (let n = 0; n <= 1_000; n++) {
      sessions.release(claimed(sessions, { ...key, hint: `${n}` }).id, session(`${n}`));
    }
    expect(forgotten).toEqual(['0']);
  });
});
