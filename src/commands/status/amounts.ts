/** Durations and sizes in the units in which they are read at a glance. */

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `2 d 3 h`, `3 h 20 min`, `20 min 5 s`, `5 s`. A clock that differs by less than a second is no reason for a minus. */
export function toDuration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  if (seconds >= DAY) return `${Math.floor(seconds / DAY)} d ${Math.floor((seconds % DAY) / HOUR)} h`;
  if (seconds >= HOUR) return `${Math.floor(seconds / HOUR)} h ${Math.floor((seconds % HOUR) / MINUTE)} min`;
  if (seconds >= MINUTE) return `${Math.floor(seconds / MINUTE)} min ${seconds % MINUTE} s`;
  return `${seconds} s`;
}

/** `512 B`, `12.3 kB`, `85.1 MB`. */
export function toSize(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${(bytes / 1_000).toFixed(1)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
