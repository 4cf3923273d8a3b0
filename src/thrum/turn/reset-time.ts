/** Finds out when a limit of Claude Code's account ends, which its error texts say in words for people. */

/** What a text says of a moment, by the clock on the wall of some zone. */
interface WallTime {
  readonly hour: number;
  readonly minute: number;
  readonly day: Day;
}

/** Undefined: the next time that the clock shows the hour. A date without a year is the nearest one. */
type Day =
  | undefined
  | { readonly inDays: number }
  | { readonly weekday: number }
  | { readonly year: number | undefined; readonly month: number; readonly date: number };

interface CalendarDay {
  readonly year: number;
  /** From 1. */
  readonly month: number;
  readonly date: number;
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

/** A text is looked at no further: everything that the CLI says of a limit stands at its beginning. */
const MAX_CHARACTERS = 2_000;
const DAY_MS = 86_400_000;
const SECOND_MS = 1_000;

/** A limit whose hour has struck so long ago is over, though the CLI may not have noticed: it does not mean tomorrow. */
const JUST_OVER_MS = 5 * 60_000;
/** A date without a year that is further in the past means next year. */
const LONG_PAST_MS = 180 * DAY_MS;

/** `Claude AI usage limit reached|1762952400`: seconds since the epoch. */
const EPOCH = /\|(\d{10})\b/;
/** `You will regain access on 2025-11-01 at 00:00 UTC.` */
const ISO_DATE = /\b(\d{4})-(\d\d)-(\d\d)(?: at |T| )(\d\d):(\d\d)/;
/** `resets …`, `will reset at …`: what follows is the moment. */
const BEFORE_MOMENT = /\bresets?\b(?: (?:at|on))?\s*/gi;
const DATE = /^([a-z]{3})[a-z]*\.? (\d{1,2})(?:, (\d{4}))?\b(?:,| at)? */i;
const WEEKDAY = /^([a-z]{3})(?:[a-z]*day)?\b(?:,| at)? */i;
const TODAY = /^(today|tomorrow)\b(?:,| at)? */i;
const TIME = /^(\d{1,2})(?::(\d\d))?\s*([ap])\.?m\b\.?/i;
const TIME_OF_24_HOURS = /^(\d{1,2}):(\d\d)\b/;
const ZONE = /^\s*\(([A-Za-z][\w+/-]{0,63})\)/;

/**
 * When the limit that `text` tells of ends, in ms since the epoch; undefined where it names no hour. A time in the past means
 * that it is over. Pure.
 *
 * @param now in ms since the epoch
 * @param localZone of a text that names none, as the IANA has it: `Europe/Berlin`
 */
export function findResetTime(text: string, now: number, localZone: string): number | undefined {
  const start = text.slice(0, MAX_CHARACTERS);
  const [, seconds] = EPOCH.exec(start) ?? [];
  if (seconds !== undefined) return Number(seconds) * SECOND_MS;
  const [, ...iso] = ISO_DATE.exec(start) ?? [];
  if (iso.length > 0) {
    const [year = 0, month = 1, date = 1, hour = 0, minute = 0] = iso.map(Number);
    return Date.UTC(year, month - 1, date, hour, minute);
  }
  for (const match of start.matchAll(BEFORE_MOMENT)) {
    const found = readMoment(start.slice(match.index + match[0].length));
    if (found !== undefined) return toInstant(found.time, zoneOf(found.zone, localZone), now);
  }
  return undefined;
}

function readMoment(
  text: string,
): { readonly time: WallTime; readonly zone: string | undefined } | undefined {
  const { day, rest } = readDay(text);
  // A day alone begins at midnight.
  const clock = readClock(rest) ?? (day && { hour: 0, minute: 0, length: 0 });
  if (clock === undefined) return undefined;
  const { hour, minute } = clock;
  const [, zone] = ZONE.exec(rest.slice(clock.length)) ?? [];
  return { time: { hour, minute, day }, zone };
}

function readDay(text: string): { readonly day: Day; readonly rest: string } {
  const [dated, monthName = '', date, year] = DATE.exec(text) ?? [];
  const month = MONTHS.indexOf(monthName.toLowerCase()) + 1;
  if (dated !== undefined && month > 0) {
    const day = { year: year === undefined ? undefined : Number(year), month, date: Number(date) };
    return { day, rest: text.slice(dated.length) };
  }
  const [relative, word = ''] = TODAY.exec(text) ?? [];
  if (relative !== undefined) {
    const inDays = word.toLowerCase() === 'tomorrow' ? 1 : 0;
    return { day: { inDays }, rest: text.slice(relative.length) };
  }
  const [named, weekdayName = ''] = WEEKDAY.exec(text) ?? [];
  const weekday = WEEKDAYS.indexOf(weekdayName.toLowerCase());
  if (named !== undefined && weekday !== -1) return { day: { weekday }, rest: text.slice(named.length) };
  return { day: undefined, rest: text };
}

function readClock(text: string): { hour: number; minute: number; length: number } | undefined {
  const [twelve, hour12, minute12 = '0', half = ''] = TIME.exec(text) ?? [];
  if (twelve !== undefined) {
    const hour = Number(hour12);
    const minute = Number(minute12);
    if (hour < 1 || hour > 12 || minute > 59) return undefined;
    return { hour: (hour % 12) + (half.toLowerCase() === 'p' ? 12 : 0), minute, length: twelve.length };
  }
  const [whole, hour24, minute24] = TIME_OF_24_HOURS.exec(text) ?? [];
  if (whole === undefined) return undefined;
  const hour = Number(hour24);
  const minute = Number(minute24);
  return hour > 23 || minute > 59 ? undefined : { hour, minute, length: whole.length };
}

/** The zone that is named if there is such a zone, else the local one. */
function zoneOf(named: string | undefined, localZone: string): Intl.DateTimeFormat {
  const parts = {
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  } as const;
  try {
    return new Intl.DateTimeFormat('en-US', { ...parts, timeZone: named ?? localZone });
  } catch {
    return new Intl.DateTimeFormat('en-US', { ...parts, timeZone: localZone });
  }
}

function toInstant({ hour, minute, day }: WallTime, zone: Intl.DateTimeFormat, now: number): number {
  const today = wallAt(zone, now);
  const on = (date: CalendarDay) => instantOf(zone, date, hour, minute);
  if (day === undefined || 'weekday' in day) {
    const candidates = Array.from({ length: 9 }, (_, index) => addDays(today, index - 1))
      .filter((date) => day === undefined || weekdayOf(date) === day.weekday)
      .flatMap(on);
    return candidates.find((at) => at > now - JUST_OVER_MS) ?? now;
  }
  if ('inDays' in day) return on(addDays(today, day.inDays))[0] ?? now;
  const year = day.year ?? today.year;
  const [at = now] = on({ ...day, year });
  if (day.year !== undefined || at > now - LONG_PAST_MS) return at;
  return on({ ...day, year: year + 1 })[0] ?? now;
}

interface Wall extends CalendarDay {
  /** The reading of the clock as if it were UTC, in ms since the epoch, whole seconds. */
  readonly reading: number;
}

/** What clock and calendar of a zone show. */
function wallAt(zone: Intl.DateTimeFormat, at: number): Wall {
  const found = new Map(zone.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  const part = (type: Intl.DateTimeFormatPartTypes) => found.get(type) ?? 0;
  const [year, month, date] = [part('year'), part('month'), part('day')];
  const reading = Date.UTC(year, month - 1, date, part('hour'), part('minute'), part('second'));
  return { year, month, date, reading };
}

/**
 * The moments at which the clock shows a time: two on the day on which it is put back, in their order; where it is put forward
 * past the time, the moment that would be it had it not been.
 */
function instantOf(zone: Intl.DateTimeFormat, day: CalendarDay, hour: number, minute: number): number[] {
  const reading = Date.UTC(day.year, day.month - 1, day.date, hour, minute);
  const offsets = [reading - DAY_MS, reading + DAY_MS].map((at) => wallAt(zone, at).reading - at);
  const moments = [...new Set(offsets.map((offset) => reading - offset))].sort((one, other) => one - other);
  const shown = moments.filter((at) => wallAt(zone, at).reading === reading);
  return shown.length > 0 ? shown : moments.slice(-1);
}

function addDays({ year, month, date }: CalendarDay, days: number): CalendarDay {
  const moved = new Date(Date.UTC(year, month - 1, date + days));
  return { year: moved.getUTCFullYear(), month: moved.getUTCMonth() + 1, date: moved.getUTCDate() };
}

/** From 0, a Sunday. */
function weekdayOf({ year, month, date }: CalendarDay): number {
  return new Date(Date.UTC(year, month - 1, date)).getUTCDay();
}
