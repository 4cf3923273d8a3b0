/** What a load costs, on each surface and beside the others that bear the same load. */
import type { Bench, Load, Measured } from '../bench.js';
import type { Figure, Reading } from '../figure.js';
import type { JobResult } from '../load/job.js';

/** How a load's cost is told: CPU time for each piece of work, and pieces in a second. */
export interface CostFigures {
  /** In µs. */
  readonly cpu: Figure;
  readonly rate: Figure;
  /** How many pieces of work a result is. */
  countOf(result: JobResult): number;
}

export async function readCost(bench: Bench, load: Load, figures: CostFigures): Promise<readonly Reading[]> {
  const { cpu, rate, countOf } = figures;
  const rateOf = ({ result }: Measured) => countOf(result) / (result.wallMs / 1000);
  const cpuOf = (measured: Measured) => cpuPer(measured, countOf(measured.result));
  const bridge = await bench.sharedBridge();
  const direct = await bench.measure(bench.direct, load);
  const readings: Reading[] = [];
  for (const surface of bench.surfaces) {
    const measured = await bench.measure(bench.subject(bridge, surface), load);
    const subject = bench.compared(surface);
    const compared = subject && (await bench.measure(subject, load));
    readings.push(
      { figure: cpu, subject: surface, value: cpuOf(measured), compared: compared && cpuOf(compared) },
      {
        figure: rate,
        subject: surface,
        value: rateOf(measured),
        direct: rateOf(direct),
        compared: compared && rateOf(compared),
      },
    );
  }
  return readings;
}

/** In µs. */
export function cpuPerToken(measured: Measured): number | undefined {
  return cpuPer(measured, measured.result.tokens);
}

function cpuPer({ cpuMs }: Measured, count: number): number | undefined {
  return cpuMs === undefined ? undefined : (cpuMs * 1000) / count;
}
