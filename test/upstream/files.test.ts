/** PDFs from the clients of every surface that has them: to the server as they are, and what becomes of them where it refuses them. */
import { describe, expect, test } from 'vitest';
import { ASKS, type AskSurface, toAnswer } from '../front-door/ask-surfaces.js';
import { startUpstreamWorld, type UpstreamWorld } from './upstream-world.js';

type Json = Readonly<Record<string, unknown>>;

const DATA = Buffer.from('%PDF-1.4\n%%EOF').toString('base64');
const DATA_URL = `data:application/pdf;base64,${DATA}`;
const FILE = { type: 'file', file: { filename: 'a.pdf', file_data: DATA_URL } };
const LINE = '[A PDF document was here. It is left out: this model cannot read PDF.]';

/** The part of a surface, by its name: a PDF, the same without a name, and one by its address. */
const PARTS: Readonly<
  Record<string, { readonly pdf: Json; readonly unnamed: Json; readonly address?: Json }>
> = {
  'chat completions': { pdf: FILE, unnamed: { type: 'file', file: { file_data: DATA_URL } } },
  responses: {
    pdf: { type: 'input_file', filename: 'a.pdf', file_data: DATA_URL },
    unnamed: { type: 'input_file', file_data: DATA_URL },
    address: { type: 'input_file', file_url: 'https://x.test/a.pdf' },
  },
  messages: {
    pdf: {
      type: 'document',
      title: 'a.pdf',
      source: { type: 'base64', media_type: 'application/pdf', data: DATA },
    },
    unnamed: { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: DATA } },
    address: { type: 'document', source: { type: 'url', url: 'https://x.test/a.pdf' } },
  },
};
const SURFACES = ASKS.filter(({ surface }) => surface.name in PARTS);

function question(surface: AskSurface, part: Json | undefined): Json {
  const type = surface.name === 'responses' ? 'input_text' : 'text';
  return { role: 'user', content: [{ type, text: 'Sum up.' }, ...(part === undefined ? [] : [part])] };
}

type Ask = (typeof ASKS)[number];

/** @param options `history`: whether more was said since */
async function ask(
  world: UpstreamWorld,
  { surface, stream }: Ask,
  part: Json | undefined,
  { history = false, model = 'llama3' } = {},
) {
  const asked = question(surface, part);
  const list = history
    ? [asked, { role: 'assistant', content: 'Done.' }, { role: 'user', content: 'Shorter.' }]
    : [asked];
  const fields = { [surface.name === 'responses' ? 'input' : 'messages']: list };
  return toAnswer(await world.post(surface.path, surface.body(model, '', stream, fields)));
}

function lastChat(world: UpstreamWorld): unknown {
  return world.upstream.chats.at(-1)?.body?.['messages'];
}

/** The server takes no message that holds a part of `type`. */
function refuseFiles(
  world: UpstreamWorld,
  { status = 400, body }: { status?: number; body: unknown },
  isMeant = (text: string) => text.includes('"type":"file"'),
): void {
  world.upstream.onChat = (answer) => {
    if (isMeant(JSON.stringify(answer.request.body))) answer.refuse(status, body);
    else answer.delta({ content: 'fine' }).finish('stop');
  };
}

const error = (message: string, more: Json = {}) => ({ error: { message, ...more } });
const REFUSALS: readonly (readonly [model: string, refusal: { status?: number; body: unknown }])[] = [
  ['vllm', { body: error('Unknown part type: file', { type: 'BadRequestError', code: 400 }) }],
  ['vllm-501', { status: 501, body: error('Unknown part type: file') }],
  ['llamacpp', { status: 500, body: error('unsupported content[].type', { type: 'server_error' }) }],
  [
    'lmstudio',
    {
      body: {
        error:
          "Invalid 'content': 'content' objects must have a 'type' field that is either 'text' or 'image_url'.",
      },
    },
  ],
  ['ollama', { body: error('invalid message format', { type: 'invalid_request_error' }) }],
  [
    'deepseek',
    {
      body: error(
        'Failed to deserialize the JSON body into the target type: messages[0]: unknown variant `file`, expected `text` at line 1',
      ),
    },
  ],
  [
    'openai',
    {
      body: error("Invalid Value: 'file'. This model does not support file content types.", {
        param: 'messages[0].content[1]',
      }),
    },
  ],
  [
    'mistral',
    {
      status: 422,
      body: {
        detail: [
          {
            type: 'union_tag_invalid',
            loc: ['body', 'messages', 0, 'user', 'content'],
            msg: "Input tag 'file' found using 'type' does not match any of the expected tags: 'text', 'image_url'",
          },
        ],
      },
    },
  ],
  ['openrouter', { status: 404, body: error('No endpoints found that support file input') }],
];

describe.each(SURFACES)('$how', (asks) => {
  const { surface } = asks;
  /** What Anthropic's clients call a document is for the model to read, too. */
  const title = surface.name === 'messages' ? ['a.pdf'] : [];
  const { pdf, unnamed, address } = PARTS[surface.name] ?? { pdf: {}, unnamed: {} };

  test('a PDF goes to the server as a file with its name, as text and part stand', async () => {
    const world = await startUpstreamWorld();
    const { status } = await ask(world, asks, pdf);
    expect(status).toBe(200);
    expect(lastChat(world)).toEqual([
      {
        role: 'user',
        content: [{ type: 'text', text: 'Sum up.' }, ...title.map((text) => ({ type: 'text', text })), FILE],
      },
    ]);
    await ask(world, asks, unnamed);
    expect(JSON.stringify(lastChat(world))).toContain(DATA_URL);
    if (surface.name !== 'chat completions')
      expect(JSON.stringify(lastChat(world))).toContain('"filename":"document.pdf"');
  });

  test('a file that the server refuses is a line of text in the history, remembered, and 400 in the question', async () => {
    const models = REFUSALS.map(([model]) => model);
    const world = await startUpstreamWorld({ prepare: (upstream) => (upstream.models = models) });
    for (const [model, refusal] of REFUSALS) {
      refuseFiles(world, refusal);
      const before = world.upstream.chats.length;
      const first = await ask(world, asks, pdf, { history: true, model });
      expect([model, first.status, surface.text(first)]).toEqual([model, 200, 'fine']);
      expect(lastChat(world)).toEqual([
        { role: 'user', content: ['Sum up.', ...title, LINE].join('\n') },
        { role: 'assistant', content: 'Done.' },
        { role: 'user', content: 'Shorter.' },
      ]);
      await ask(world, asks, pdf, { history: true, model });
      expect([model, world.upstream.chats.length - before]).toEqual([model, 3]);
      const refused = await ask(world, asks, pdf, { model });
      expect([model, refused.status]).toEqual([model, 400]);
      expect(surface.errorText(refused.values[0] ?? {})).toMatch(
        /cannot read this file; send the text of it/,
      );
    }
  });

  test('a file that is taken after all is taken in the history from then on', async () => {
    const world = await startUpstreamWorld();
    refuseFiles(world, { body: error('Unknown part type: file') });
    expect((await ask(world, asks, pdf)).status).toBe(400);
    world.upstream.onChat = (answer) => answer.delta({ content: 'fine' }).finish('stop');
    expect((await ask(world, asks, pdf)).status).toBe(200);
    await ask(world, asks, pdf, { history: true });
    expect(JSON.stringify(lastChat(world))).toContain(DATA_URL);
  });

  test('what is wrong with one file says nothing of the model', async () => {
    const world = await startUpstreamWorld();
    refuseFiles(world, { body: error('The file could not be parsed: it is encrypted') });
    const broken = await ask(world, asks, pdf, { history: true });
    expect([broken.status, surface.errorText(broken.values[0] ?? {})]).toEqual([
      400,
      'The file could not be parsed: it is encrypted',
    ]);
    world.upstream.onChat = (answer) => answer.delta({ content: 'fine' }).finish('stop');
    await ask(world, asks, pdf, { history: true });
    expect(JSON.stringify(lastChat(world))).toContain(DATA_URL);
  });

  test.runIf(address !== undefined)('addresses that are refused take nothing from files', async () => {
    const world = await startUpstreamWorld();
    const refusal = { body: error("Unknown parameter: 'messages[0].content[1].file.file_url'.") };
    refuseFiles(world, refusal, (text) => text.includes('file_url'));
    const first = await ask(world, asks, address, { history: true });
    expect([first.status, surface.text(first)]).toEqual([200, 'fine']);
    expect(JSON.stringify(lastChat(world))).toContain(LINE);
    expect((await ask(world, asks, address)).status).toBe(400);
    await ask(world, asks, pdf, { history: true });
    expect(JSON.stringify(lastChat(world))).toContain(DATA_URL);
  });
});

test('a PDF in the result of a tool goes behind it, and is a line of text where the server refuses it', async () => {
  const world = await startUpstreamWorld();
  const source = { type: 'base64', media_type: 'application/pdf', data: DATA };
  const body = {
    model: 'llama3',
    max_tokens: 100,
    messages: [
      { role: 'user', content: 'Look.' },
      { role: 'assistant', content: [{ type: 'tool_use', id: 't1', name: 'look', input: {} }] },
      {
        role: 'user',
        content: [
          {
            type: 'tool_result',
            tool_use_id: 't1',
            content: [{ type: 'document', title: 'a.pdf', source }],
          },
        ],
      },
    ],
  };
  expect((await world.post('/v1/messages', body)).status).toBe(200);
  expect(lastChat(world)).toMatchObject([{}, {}, { role: 'tool' }, { content: [{ type: 'text' }, FILE] }]);
  refuseFiles(world, { body: error('Unknown part type: file') });
  expect((await world.post('/v1/messages', body)).status).toBe(200);
  expect(JSON.stringify(lastChat(world))).toContain(LINE);
});
