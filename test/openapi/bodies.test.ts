import { describe, expect, it } from 'vitest';
import { startEmbeddedBridge } from '../clients/embedded-bridge.js';
import { chat, parseStream, script } from '../front-door/world.js';
import { ODD_VALUES, propertiesOf, toMinimal } from './minimal-body.js';
import { Checker, type Json, type ListedOperation, listOperations, readDocument } from './read-document.js';

/** What is refused however right it is: models live in hum. */
const REFUSES: Readonly<Record<string, number>> = {
  'POST /api/push': 501,
  'POST /api/create': 400,
  'DELETE /api/delete': 501,
};

/** Without these the routes only load the model, and look at nothing else. */
const INPUT: Readonly<Record<string, Json>> = {
  'POST /api/chat': { messages: [{ role: 'user', content: 'x' }] },
  'POST /api/generate': { prompt: 'x' },
};

async function start() {
  const { url } = await startEmbeddedBridge({ OLLAMA_SERVER_EMBED_TOOL: 'hash-embed' });
  const document = await readDocument(url);
  const withBody = listOperations(document).filter(({ operation }) => operation.requestBody !== undefined);
  const ask = (path: string, body: unknown, method = 'POST') =>
    fetch(url + path, { method, body: JSON.stringify(body) });
  return { url, document, checker: new Checker(document), withBody, ask };
}

function bodySchema({ operation }: ListedOperation): Json {
  const schema = operation.requestBody?.content['application/json']?.schema;
  if (schema === undefined) throw new Error('it takes no JSON');
  return schema;
}

describe('the schemas of the OpenAPI document', () => {
  it('are what the routes go by: the least that they take is answered as they say', async () => {
    const { checker, withBody, ask } = await start();
    expect(withBody.length).toBeGreaterThan(15);
    for (const each of withBody) {
      const body = toMinimal(checker.resolve(bodySchema(each)));
      const answer = await ask(each.path, body, each.method);
      const text = await answer.text();
      expect(answer.status, `${each.name} ${text}`).toBe(REFUSES[each.name] ?? 200);
      const { responses } = each.operation;
      const documented = responses[answer.status] ?? responses[`${`${answer.status}`[0]}XX`];
      const type = answer.headers.get('content-type')?.split(';')[0] ?? '';
      const schema = documented?.content?.[type]?.schema;
      if (text === '') continue;
      const check = checker.compile(schema ?? { not: {} });
      const values = type === 'application/x-ndjson' ? text.trimEnd().split('\n') : [text];
      for (const value of values) {
        check(JSON.parse(value));
        expect(check.errors, `${each.name} ${type} ${value}`).toBeNull();
      }
    }
  });

  it('say what is required: without it the answer is an error', async () => {
    const { checker, withBody, ask } = await start();
    for (const each of withBody) {
      const schema = checker.resolve(bodySchema(each));
      const body: Json = Object(toMinimal(schema));
      for (const key of Object.keys(body)) {
        const { [key]: _, ...rest } = body;
        expect(checker.compile(schema)(rest), `${each.name} ${key}`).toBe(false);
        const answer = await ask(each.path, rest, each.method);
        const ends = (await answer.text()).includes('"error"');
        expect(ends, `${each.name} without ${key}`).toBe(true);
      }
    }
  });

  it('refuse what the routes refuse: a field of the wrong kind is a 400', async () => {
    const { checker, withBody, ask } = await start();
    const taken: string[] = [];
    let asked = 0;
    for (const each of withBody) {
      const schema = checker.resolve(bodySchema(each));
      const body: Json = { ...Object(toMinimal(schema)), ...INPUT[each.name] };
      for (const [key, property] of propertiesOf(schema)) {
        const takes = checker.compile(property);
        const odd = ODD_VALUES.find((value) => !takes(value));
        if (odd === undefined) continue;
        asked++;
        const answer = await ask(each.path, { ...body, [key]: odd }, each.method);
        await answer.body?.cancel();
        if (answer.status !== 400) taken.push(`${each.name} ${key} ${JSON.stringify(odd)}: ${answer.status}`);
      }
    }
    expect(asked).toBeGreaterThan(100);
    expect(taken).toEqual([]);
  });

  const call = script({ tools: [{ name: 'look', args: { at: 'it' } }] });
  const look = { name: 'look', description: 'Looks', parameters: { type: 'object', properties: {} } };
  const image = 'iVBORw0KGgo=';
  it.each([
    ['/api/chat', chat('hi', { options: { temperature: 0.5, stop: ['x'] }, think: 'low', keep_alive: '5m' })],
    ['/api/chat', chat(call, { stream: false, tools: [{ type: 'function', function: look }] })],
    ['/api/generate', { model: 'claude-sonnet-4', prompt: '{}', system: 'Be brief', format: 'json' }],
    ['/api/generate', { model: 'claude-sonnet-4', prompt: 'hi', stream: false, context: [] }],
    ['/api/embed', { model: 'claude-sonnet-4', input: ['a', 'b'], dimensions: 8 }],
    ['/v1/chat/completions', chat(call, { tools: [{ type: 'function', function: look }], n: 2, seed: 1 })],
    ['/v1/chat/completions', chat(script({ reason: ['hm'], say: ['done'] }), { reasoning_effort: 'low' })],
    [
      '/v1/chat/completions',
      {
        model: 'claude-sonnet-4',
        messages: [
          { role: 'system', content: 'Be brief' },
          { role: 'user', content: [{ type: 'text', text: 'hi' }] },
          {
            role: 'user',
            content: [{ type: 'image_url', image_url: { url: `data:image/png;base64,${image}` } }],
          },
          {
            role: 'assistant',
            content: null,
            tool_calls: [{ id: 'c', type: 'function', function: { name: 'look', arguments: '{}' } }],
          },
          { role: 'tool', tool_call_id: 'c', content: 'seen' },
        ],
        response_format: { type: 'text' },
        stop: ['x'],
      },
    ],
    ['/v1/completions', { model: 'claude-sonnet-4', prompt: ['a', 'b'], echo: true, max_tokens: 5 }],
    ['/v1/embeddings', { model: 'claude-sonnet-4', input: ['a', 'b'], encoding_format: 'base64' }],
    [
      '/v1/responses',
      {
        model: 'claude-sonnet-4',
        instructions: 'Be brief',
        input: [
          { role: 'user', content: [{ type: 'input_text', text: 'hi' }] },
          { type: 'web_search_call', id: 'ws_1', status: 'completed' },
          { type: 'message', role: 'user', content: call },
        ],
        tools: [{ type: 'function', ...look, strict: true }, { type: 'web_search' }],
        metadata: { a: 'b' },
      },
    ],
    [
      '/v1/messages',
      {
        model: 'claude-sonnet-4',
        max_tokens: 100,
        system: 'Be brief',
        messages: [
          { role: 'user', content: 'hi' },
          {
            role: 'assistant',
            content: [
              { type: 'thinking', thinking: 'hm', signature: '' },
              { type: 'tool_use', id: 't', name: 'look', input: {} },
            ],
          },
          {
            role: 'user',
            content: [
              { type: 'tool_result', tool_use_id: 't', content: 'seen' },
              { type: 'text', text: call },
            ],
          },
        ],
        tools: [
          { name: 'look', input_schema: { type: 'object' } },
          { type: 'web_search_20250305', name: 'web_search' },
        ],
      },
    ],
  ])('fit what clients send to %s and what they get back (%#)', async (path, body) => {
    const { checker, document, ask } = await start();
    const operation = document.paths[path]?.['post'];
    const request = checker.compile(
      operation?.requestBody?.content['application/json']?.schema ?? { not: {} },
    );
    request(body);
    expect(request.errors).toBeNull();
    const answer = await ask(path, body);
    const text = await answer.text();
    expect(answer.status, text).toBe(200);
    const type = answer.headers.get('content-type')?.split(';')[0] ?? '';
    const check = checker.compile(operation?.responses[200]?.content?.[type]?.schema ?? { not: {} });
    const values = type === 'application/x-ndjson' ? parseStream(text) : [JSON.parse(text)];
    for (const value of values) {
      check(value);
      expect(check.errors, JSON.stringify(value)).toBeNull();
    }
  });
});
