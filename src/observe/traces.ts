/** Sends spans to an OTLP endpoint. Loaded only where one is configured. */
import { DiagLogLevel, diag } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { Logger } from 'pino';
import type { TurnObserver } from './turn-observer.js';
import { TurnSpans } from './turn-spans.js';

const NAME = 'thrum-bridge';
/** How long the last spans have to get out. */
const CLOSE_MS = 2_000;
/** How often at the most the log says that spans are lost. */
const COMPLAINT_MS = 60_000;

export interface Traces {
  /** Observes the turns of one hive. */
  observerOf(hive: string): TurnObserver;
  /** Sends what is left. */
  close(): Promise<void>;
}

/** Goes by OpenTelemetry's own `OTEL_*` variables, which the library reads itself. */
export function startTraces(version: string, log: Logger): Traces {
  const complain = complainTo(log);
  const provider = new BasicTracerProvider({
    resource: defaultResource()
      .merge(resourceFromAttributes({ 'service.name': NAME, 'service.version': version }))
      .merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
  });
  return {
    observerOf: (hive) => new TurnSpans(provider.getTracer(NAME, version), hive),
    close: async () => {
      const isSent = provider.shutdown().then(
        () => true,
        () => false,
      );
      const isLate = new Promise<boolean>((resolve) => setTimeout(() => resolve(false), CLOSE_MS).unref());
      if (!(await Promise.race([isSent, isLate]))) complain();
    },
  };
}

/** The library reports what went wrong at length and each time; one line in the log is enough. Returns the function that writes it. */
function complainTo(log: Logger): () => void {
  let complainedAt = Number.NEGATIVE_INFINITY;
  const complain = () => {
    const now = performance.now();
    if (now - complainedAt < COMPLAINT_MS) return;
    complainedAt = now;
    log.warn('traces do not arrive at the OTLP endpoint: see OTEL_EXPORTER_OTLP_ENDPOINT');
  };
  const nothing = () => undefined;
  diag.setLogger(
    { error: complain, warn: complain, info: nothing, debug: nothing, verbose: nothing },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
  return complain;
}
