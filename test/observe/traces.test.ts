import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { chat, script } from '../front-door/world.js';
import { runProgram, urlIn } from '../program/run-program.js';

interface Span {
  readonly name: string;
  readonly kind: number;
  readonly traceId: string;
  readonly parentSpanId?: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly events: readonly string[];
  readonly status: { readonly code?: number };
}

/** Takes what is sent to `/v1/traces` until the test is over. */
async function startCollector() {
  const bodies: string[] = [];
  const server = createServer((incoming, outgoing) => {
    let body = '';
    incoming.on('data', (chunk) => {
      body += chunk;
    });
    incoming.on('end', () => {
      if (incoming.url === '/v1/traces') bodies.push(body);
      outgoing.end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address: AddressInfo = Object(server.address());
  const resourceSpans = () => bodies.flatMap((body) => JSON.parse(body).resourceSpans);
  return {
    url: `http://127.0.0.1:${address.port}`,
    bodies,
    resources: () => resourceSpans().map(({ resource }) => toRecord(resource.attributes)),
    spans: (): readonly Span[] =>
      resourceSpans()
        .flatMap(({ scopeSpans }) => scopeSpans)
        .flatMap(({ spans }) => spans)
        .map((span) => ({
          ...span,
          attributes: toRecord(span.attributes),
          events: span.events.map(({ name }: { name: string }) => name),
        })),
  };
}

function toRecord(attributes: readonly { key: string; value: Record<string, unknown> }[]) {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}

describe('traces', () => {
  it('have a span for each turn, within the trace of the client, and are sent before the program ends', async () => {
    const collector = await startCollector();
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_RESOURCE_ATTRIBUTES: 'deployment=test' };
    const program = runProgram(['--nest', 'embedded'], { env });
    const url = urlIn(await program.startLine());
    const post = (body: unknown, headers: Record<string, string> = {}) =>
      fetch(`${url}/v1/chat/completions`, { method: 'POST', headers, body: JSON.stringify(body) });
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    const parentSpanId = '00f067aa0ba902b7';
    const answer = await post(chat('secret words', { temperature: 0.5, max_tokens: 9 }), {
      traceparent: `00-${traceId}-${parentSpanId}-01`,
    });
    await answer.text();
    await (
      await post(chat(script({ error: { message: 'secret words' } })), { traceparent: 'nonsense' })
    ).text();
    program.process.kill('SIGTERM');
    expect((await program.ended()).exitCode).toBe(0);

    expect(collector.resources()[0]).toMatchObject({
      'service.name': 'thrum-bridge',
      'service.version': expect.stringMatching(/^\d+\.\d+\.\d+$/),
      deployment: 'test',
    });
    const requestId = answer.headers.get('x-request-id');
    const CLIENT = 3;
    const ERROR = 2;
    const [good, failed, ...rest] = collector.spans();
    expect(rest).toEqual([]);
    expect(good).toMatchObject({
      name: 'chat claude-sonnet-4',
      kind: CLIENT,
      traceId,
      parentSpanId,
      events: ['first_token'],
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.provider.name': 'hum',
        'gen_ai.system': 'hum',
        'gen_ai.request.model': 'claude-sonnet-4',
        'gen_ai.request.temperature': 0.5,
        'gen_ai.request.max_tokens': 9,
        'gen_ai.usage.input_tokens': expect.any(Number),
        'gen_ai.usage.output_tokens': expect.any(Number),
        'gen_ai.conversation.id': requestId?.slice('req_'.length),
        'thrum_bridge.request_id': requestId,
        'thrum_bridge.surface': 'openai',
        'thrum_bridge.hive': 'ollama-server',
        'thrum_bridge.outcome': 'stop',
      },
    });
    expect(good?.attributes['gen_ai.response.finish_reasons']).toEqual({ values: [{ stringValue: 'stop' }] });
    expect(failed).toMatchObject({ attributes: { 'error.type': 'worker-error' }, status: { code: ERROR } });
    expect(failed?.parentSpanId).toBeUndefined();
    expect(failed?.traceId).not.toBe(traceId);
    expect(collector.bodies.join()).not.toContain('secret');
  });

  it('that nobody takes cost one line of the log, and nothing else', async () => {
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
      OTEL_EXPORTER_OTLP_TIMEOUT: '100',
      OTEL_BSP_SCHEDULE_DELAY: '10',
    };
    const program = runProgram(['--nest', 'embedded'], { env });
    const url = urlIn(await program.startLine());
    const body = JSON.stringify(chat('Hi', { stream: false }));
    const answer = await fetch(`${url}/api/chat`, { method: 'POST', body });
    expect(answer.status).toBe(200);
    program.process.kill('SIGTERM');
    const { exitCode, stderr } = await program.ended();
    expect(exitCode).toBe(0);
    expect(stderr.match(/traces do not arrive/g)).toHaveLength(1);
  });
});
