/** What the readings of all rounds come to: medians and ranges, and ratios that were taken within one round each. */
import { type Figure, isMet, type Reading } from './figure.js';
import { median } from './statistics.js';

export interface Range {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

export interface Row {
  readonly figure: Figure;
  readonly subject: string;
  /** Undefined where this machine does not tell. */
  readonly value: Range | undefined;
  /** Undefined without a target or a value. */
  readonly isMet: boolean | undefined;
  readonly direct: Range | undefined;
  /** Value / direct. */
  readonly toDirect: number | undefined;
  readonly compared: Range | undefined;
  /** Value / compared. */
  readonly toCompared: number | undefined;
}

/** @param readings of all rounds */
export function summarise(readings: readonly Reading[]): readonly Row[] {
  const groups = new Map<string, Reading[]>();
  for (const reading of readings) {
    const key = [reading.figure.scenario, reading.figure.title, reading.subject].join('\n');
    const group = groups.get(key);
    if (group) group.push(reading);
    else groups.set(key, [reading]);
  }
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const { figure, subject } = first;
    const value = toRange(group.map((reading) => reading.value));
    return {
      figure,
      subject,
      value,
      isMet: figure.target && value && isMet(figure.target, value.median),
      direct: toRange(group.map((reading) => reading.direct)),
      toDirect: toRatio(group, 'direct'),
      compared: toRange(group.map((reading) => reading.compared)),
      toCompared: toRatio(group, 'compared'),
    };
  });
}

function toRange(values: readonly (number | undefined)[]): Range | undefined {
  const known = values.filter((value): value is number => value !== undefined && !Number.isNaN(value));
  if (known.length === 0) return undefined;
  return { median: median(known), least: Math.min(...known), most: Math.max(...known) };
}

function toRatio(group: readonly Reading[], to: 'direct' | 'compared'): number | undefined {
  const ratios = group.map((reading) => {
    const other = reading[to];
    return reading.value === undefined || other === undefined ? undefined : reading.value / other;
  });
  return toRange(ratios)?.median;
}
