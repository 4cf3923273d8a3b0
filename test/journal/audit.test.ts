import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Caller } from '../../src/core/request.js';
import { Audit } from '../../src/journal/audit.js';
import type { OmittedRecord, RequestRecord } from '../../src/observe/records.js';

const record: RequestRecord = {
  at: '2026-11-21T10:00:00.000Z',
  kind: 'request',
  requestId: 'req_1',
  keyId: null,
  address: '127.0.0.1',
  method: 'GET',
  path: '/nowhere',
  status: 404,
  code: 'not-found',
  totalMs: 1,
};
const caller: Caller = { surface: 'openai', keyId: undefined, requestId: 'req_1' };

let lines: (RequestRecord | OmittedRecord)[];
let now: number;
let audit: Audit;

beforeEach(() => {
  lines = [];
  now = 0;
  audit = new Audit({ write: (line) => lines.push(line), now: () => now });
});

const flood = (count: number) => {
  for (let n = 0; n < count; n++) audit.failed(record);
};

describe('Audit', () => {
  it('writes a line for each failed request', () => {
    audit.failed(record);
    audit.failed(record, caller);
    expect(lines).toEqual([record, record]);
  });

  it('has no line for a request whose client has left', () => {
    audit.failed({ ...record, code: 'client-left', status: 499 });
    audit.failed({ ...record, code: 'client-left', status: 499 }, caller);
    expect(lines).toEqual([]);
  });

  it('leaves a request to the line that its turn has, whatever id the next one takes', () => {
    audit.fault({ request: { model: 'm', messages: [], tools: [], sampling: {}, caller } });
    audit.failed(record, caller);
    audit.failed(record, { ...caller });
    expect(lines).toEqual([record]);
  });

  it('writes no more than 200 lines of a flood, and says how many it left out', () => {
    flood(1_000);
    expect(lines).toHaveLength(200);
    audit.flush();
    audit.flush();
    expect(lines.slice(200)).toEqual([{ at: record.at, kind: 'requests-omitted', count: 800 }]);
  });

  it('writes 5 lines a second after a flood', () => {
    flood(1_000);
    now += 2_000;
    flood(1_000);
    expect(lines).toHaveLength(210);
    now += 3_600_000;
    flood(1_000);
    expect(lines).toHaveLength(410);
  });

  it('says within ten seconds what it left out, and only then', () => {
    vi.useFakeTimers();
    try {
      flood(201);
      vi.advanceTimersByTime(9_999);
      expect(lines).toHaveLength(200);
      vi.advanceTimersByTime(1);
      expect(lines.at(-1)).toMatchObject({ count: 1 });
      vi.advanceTimersByTime(60_000);
      expect(lines).toHaveLength(201);
    } finally {
      vi.useRealTimers();
    }
  });
});
