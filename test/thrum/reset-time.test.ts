import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findResetTime } from '../../src/thrum/turn/reset-time.js';

const at = (text: string) => new Date(text).getTime();
const LOCAL = 'America/New_York';

function reset(text: string, now: string): string | undefined {
  const found = findResetTime(text, at(now), LOCAL);
  return found === undefined ? undefined : new Date(found).toISOString().replace('.000Z', 'Z');
}

describe('when a limit ends', () => {
  // Berlin is at +02:00 in summer and +01:00 in winter, New York at -04:00 and -05:00.
  it.each([
    ["You've hit your limit · resets 3pm (Europe/Berlin)", '2026-07-01T10:00:00Z', '2026-07-01T13:00:00Z'],
    ["You've hit your limit · resets 3pm (Europe/Berlin)", '2026-07-01T14:00:00Z', '2026-07-02T13:00:00Z'],
    ["You've hit your limit · resets 3pm (Europe/Berlin)", '2026-01-01T10:00:00Z', '2026-01-01T14:00:00Z'],
    ["You've hit your limit · resets 2am (Europe/Berlin)", '2026-07-01T23:30:00Z', '2026-07-02T00:00:00Z'],
    [
      "You've hit your session limit · resets 10:30pm (Asia/Tokyo)",
      '2026-07-01T10:00:00Z',
      '2026-07-01T13:30:00Z',
    ],
    ["You've hit your limit · resets 12am (UTC)", '2026-07-01T10:00:00Z', '2026-07-02T00:00:00Z'],
    ["You've hit your limit · resets 12pm (UTC)", '2026-07-01T10:00:00Z', '2026-07-01T12:00:00Z'],
    ["You've hit your limit · resets 12:05am (UTC)", '2026-07-01T10:00:00Z', '2026-07-02T00:05:00Z'],
    ["You've hit your limit · resets 3pm", '2026-07-01T10:00:00Z', '2026-07-01T19:00:00Z'],
    ["You've hit your limit · resets 3pm (Mars/Olympus)", '2026-07-01T10:00:00Z', '2026-07-01T19:00:00Z'],
    ["You've hit your limit · resets 15:30 (UTC)", '2026-07-01T10:00:00Z', '2026-07-01T15:30:00Z'],
    ["You've hit your limit · resets 3 PM (UTC)", '2026-07-01T10:00:00Z', '2026-07-01T15:00:00Z'],
    ['5-hour limit reached ∙ resets 3pm', '2026-07-01T10:00:00Z', '2026-07-01T19:00:00Z'],
    [
      "You're out of extra usage · resets 1pm (America/Los_Angeles)",
      '2026-07-01T10:00:00Z',
      '2026-07-01T20:00:00Z',
    ],
    [
      'Weekly limit reached · resets 10am (Asia/Seoul) · /upgrade to Max',
      '2026-07-01T10:00:00Z',
      '2026-07-02T01:00:00Z',
    ],
    [
      'Claude usage limit reached. Your limit will reset at 3pm (America/Santiago).',
      '2026-07-01T10:00:00Z',
      '2026-07-01T19:00:00Z',
    ],
    ["You've hit your limit · resets 5:30pm (Asia/Kolkata)", '2026-07-01T10:00:00Z', '2026-07-01T12:00:00Z'],
  ])('%s', (text, now, expected) => {
    expect(reset(text, now)).toBe(expected);
  });

  it.each([
    [
      "You've hit your weekly limit · resets Jul 31, 2am (UTC)",
      '2026-07-27T10:00:00Z',
      '2026-07-31T02:00:00Z',
    ],
    ["You've hit your weekly limit · resets Sep 15 at 7pm", '2026-09-08T10:00:00Z', '2026-09-15T23:00:00Z'],
    [
      'Weekly limit reached ∙ resets Oct 6, 1:30pm (Europe/Berlin)',
      '2026-10-01T10:00:00Z',
      '2026-10-06T11:30:00Z',
    ],
    [
      "You've hit your weekly limit · resets Jan 2, 3pm (UTC)",
      '2026-12-30T10:00:00Z',
      '2027-01-02T15:00:00Z',
    ],
    [
      "You've hit your weekly limit · resets Jan 2, 2027, 3pm (UTC)",
      '2026-12-30T10:00:00Z',
      '2027-01-02T15:00:00Z',
    ],
    ["You've hit your weekly limit · resets October 6 (UTC)", '2026-10-01T10:00:00Z', '2026-10-06T00:00:00Z'],
    [
      "You've hit your weekly limit · resets Mon 12:00am (UTC)",
      '2026-07-01T10:00:00Z',
      '2026-07-06T00:00:00Z',
    ],
    [
      "You've hit your weekly limit · resets Wednesday 9am (UTC)",
      '2026-07-01T10:00:00Z',
      '2026-07-08T09:00:00Z',
    ],
    [
      "You've hit your weekly limit · resets tomorrow at 3pm (UTC)",
      '2026-07-01T16:00:00Z',
      '2026-07-02T15:00:00Z',
    ],
    ['Claude AI usage limit reached|1762952400', '2025-11-12T10:00:00Z', '2025-11-12T13:00:00Z'],
    [
      'You have reached your specified API usage limits. You will regain access on 2025-11-01 at 00:00 UTC.',
      '2025-10-20T10:00:00Z',
      '2025-11-01T00:00:00Z',
    ],
  ])('with a date: %s', (text, now, expected) => {
    expect(reset(text, now)).toBe(expected);
  });

  it.each([
    [
      'the clock is put forward before it',
      'resets 3pm (Europe/Berlin)',
      '2026-03-28T20:00:00Z',
      '2026-03-29T13:00:00Z',
    ],
    [
      'the clock is put back before it',
      'resets 3pm (Europe/Berlin)',
      '2026-10-24T20:00:00Z',
      '2026-10-25T14:00:00Z',
    ],
    [
      'the clock never shows it',
      'resets 2:30am (Europe/Berlin)',
      '2026-03-28T20:00:00Z',
      '2026-03-29T01:30:00Z',
    ],
    [
      'the clock shows it twice',
      'resets 2:30am (Europe/Berlin)',
      '2026-10-24T20:00:00Z',
      '2026-10-25T00:30:00Z',
    ],
    [
      'it is between the two',
      'resets 2:30am (Europe/Berlin)',
      '2026-10-25T00:40:00Z',
      '2026-10-25T01:30:00Z',
    ],
    ['a date is behind the change', 'resets Nov 2, 9am', '2026-10-30T10:00:00Z', '2026-11-02T14:00:00Z'],
  ])('where %s', (_why, text, now, expected) => {
    expect(reset(text, now)).toBe(expected);
  });

  it('is over when its hour has just struck', () => {
    expect(reset('resets 3pm (UTC)', '2026-07-01T15:00:30Z')).toBe('2026-07-01T15:00:00Z');
    expect(reset('resets Jul 1, 3pm (UTC)', '2026-07-01T16:00:00Z')).toBe('2026-07-01T15:00:00Z');
  });

  it.each([
    '',
    'limit reached',
    'resets soon',
    'resets 13pm',
    'resets 25:00',
    'resets 3:75pm',
    'resets monthly',
    'resets May',
  ])('is not known from: %s', (text) => {
    expect(reset(text, '2026-07-01T10:00:00Z')).toBeUndefined();
  });

  it('is the hour that the zone’s own clock shows, whatever the time of asking', () => {
    const zones = [
      'Europe/Berlin',
      'America/New_York',
      'Asia/Kolkata',
      'Australia/Lord_Howe',
      'Pacific/Apia',
      'UTC',
    ];
    const moments = fc.integer({ min: at('2020-01-01T00:00:00Z'), max: at('2035-01-01T00:00:00Z') });
    fc.assert(
      fc.property(moments, fc.constantFrom(...zones), fc.integer({ min: 6, max: 23 }), (now, zone, hour) => {
        const found = findResetTime(`resets ${hour}:00 (${zone})`, now, 'UTC') ?? Number.NaN;
        const shown = new Intl.DateTimeFormat('en-GB', {
          timeZone: zone,
          hour: '2-digit',
          minute: '2-digit',
        });
        expect(shown.format(found)).toBe(`${String(hour).padStart(2, '0')}:00`);
        expect(found).toBeGreaterThan(now - 5 * 60_000 - 1);
        expect(found).toBeLessThan(now + 25.5 * 3_600_000);
      }),
    );
  });

  it('reads any text', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom('resets ', 'reset at ', 'resets Oct '), (rest, start) => {
        const found = findResetTime(start + rest, at('2026-07-01T10:00:00Z'), LOCAL);
        expect(found === undefined || Number.isFinite(found)).toBe(true);
      }),
    );
  });
});
