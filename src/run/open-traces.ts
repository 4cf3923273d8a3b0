/** Traces, where somebody wants them: OpenTelemetry is only loaded then. */
import type { Logger } from 'pino';
import type { Traces } from '../observe/traces.js';

const ENDPOINTS = ['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'];

/** Undefined where no endpoint is set, or OpenTelemetry's own switches say no. */
export async function openTraces(
  env: Readonly<Record<string, string | undefined>>,
  version: string,
  log: Logger,
): Promise<Traces | undefined> {
  const isWanted = ENDPOINTS.some((name) => env[name]?.trim());
  const isOff = env['OTEL_SDK_DISABLED'] === 'true' || env['OTEL_TRACES_EXPORTER'] === 'none';
  if (!isWanted || isOff) return undefined;
  const { startTraces } = await import('../observe/traces.js');
  return startTraces(version, log);
}
