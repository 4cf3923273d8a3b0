import { describe, expect, it } from 'vitest';
import { clientLeft } from '../../src/core/abort.js';
import { Fault } from '../../src/core/fault.js';
import { RecentFaults } from '../../src/observe/recent-faults.js';

const caller = { surface: 'ollama', keyId: undefined, requestId: 'req_1' };
const place = { requestId: 'req_1', surface: 'ollama', model: null, caller };

describe('the recent faults', () => {
  it('are the latest first, one for each request', () => {
    const faults = new RecentFaults(() => ({ answers: 'humd' }));
    faults.add(new Fault('busy', 'first'), place);
    faults.add(new Fault('internal', 'the same request'), place);
    faults.add(new Fault('timeout', 'second'), { ...place, caller: { ...caller } });
    expect(faults.toStatus().map(({ message }) => message)).toEqual(['second', 'first']);
  });

  it('are as many as can be shown', () => {
    const faults = new RecentFaults(() => ({ answers: 'humd' }));
    for (let at = 0; at < 60; at++) faults.add(new Fault('busy', `${at}`), { ...place, caller: undefined });
    expect(faults.toStatus()).toHaveLength(50);
    expect(faults.toStatus()[0]?.message).toBe('59');
  });

  it('do not hold that a client has left', () => {
    const faults = new RecentFaults(() => ({ answers: 'humd' }));
    faults.add(clientLeft(), place);
    expect(faults.toStatus()).toEqual([]);
  });
});
