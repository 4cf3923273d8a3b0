/** What a model cannot be given is refused in what the user has just written; in the history, which comes again each time, it is a line. */
import { describe, expect, test } from 'vitest';
import { startClaudeWorld } from '../claude-bee/world.js';
import { toAnswer } from './ask-surfaces.js';
import { startScriptedWorker } from './scripted-worker.js';
import { startWorld } from './world.js';

type Json = Readonly<Record<string, unknown>>;

const MODEL = 'claude-haiku-4-5';
const pdf = Buffer.from('%PDF-1.7\n1 0 obj\n').toString('base64');
const zip = Buffer.from('PK\u0003\u0004\u0000\u0000').toString('base64');
const notes = Buffer.from('The key is under the mat.').toString('base64');

const base64 = (media_type: string, data: string) => ({
  type: 'document',
  source: { type: 'base64', media_type, data },
});
const PDF_BLOCK = base64('application/pdf', pdf);
const PDF_LINE = '[A PDF document was here. It is left out: this model cannot read PDF.]';

/** A conversation of Claude Code's: it read a file, and the result holds `content`. */
function withResult(content: unknown, then: readonly unknown[] = []): Json {
  return {
    model: MODEL,
    max_tokens: 5_000,
    messages: [
      { role: 'user', content: 'Read it.' },
      { role: 'assistant', content: [{ type: 'tool_use', id: 't', name: 'Read', input: {} }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content }] },
      ...then,
    ],
  };
}

const ask = (content: unknown): Json => ({
  model: MODEL,
  max_tokens: 5_000,
  messages: [{ role: 'user', content }],
});

const wav = { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } };
const chatFile = (data: string, type = 'application/pdf') => ({
  type: 'file',
  file: { filename: 'a', file_data: `data:${type};base64,${data}` },
});
const responseFile = (data: string, type = 'application/pdf') => ({
  type: 'input_file',
  filename: 'a',
  file_data: `data:${type};base64,${data}`,
});

describe('/v1/messages', () => {
  test.each([
    ['a PDF', PDF_BLOCK, PDF_LINE],
    [
      'a PDF by its address',
      { type: 'document', source: { type: 'url', url: 'https://x.test/a.pdf' } },
      PDF_LINE,
    ],
    [
      'a file that lies elsewhere',
      { type: 'document', source: { type: 'file', file_id: 'f' } },
      '[A document was here.',
    ],
    ['a document of another kind', base64('application/zip', zip), '[A document was here.'],
    ['a document without a source', { type: 'document' }, '[A document was here.'],
    [
      'an image that lies elsewhere',
      { type: 'image', source: { type: 'file', file_id: 'f' } },
      '[An image was here.',
    ],
    [
      'an image of another kind',
      { type: 'image', source: { type: 'base64', media_type: 'text/html', data: 'AA==' } },
      '[An image was here.',
    ],
    [
      'an image that is broken',
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: '*' } },
      '[An image was here.',
    ],
    [
      'a block of a kind that is still to come',
      { type: 'smell', strength: null },
      '[A block of the type smell was here.',
    ],
  ])('%s in a result is a line of text, in the loop and ever after', async (_, block, line) => {
    const { post, bee } = await startClaudeWorld();
    const later = [
      { role: 'assistant', content: 'I see.' },
      { role: 'user', content: 'Sure?' },
    ];
    for (const then of [[], later])
      expect((await post('/v1/messages', withResult([block], then))).status).toBe(200);
    const counted = await post('/v1/messages/count_tokens', withResult([block], later));
    expect(counted.status).toBe(200);
    expect(bee.prompts.length).toBeGreaterThan(0);
    for (const { content } of bee.prompts) expect(String(content)).toContain(line);
  });

  test.each([
    ['a PDF', PDF_BLOCK],
    ['a file that lies elsewhere', { type: 'document', source: { type: 'file', file_id: 'f' } }],
    ['a container that lies elsewhere', { type: 'container_upload' }],
  ])('%s that the user has just sent is a 400', async (_, block) => {
    const { post, bee } = await startClaudeWorld();
    const answer = await toAnswer(
      await post('/v1/messages', ask([block, { type: 'text', text: 'What is it?' }])),
    );
    expect([answer.status, answer.values[0]]).toMatchObject([
      400,
      { type: 'error', error: { type: 'invalid_request_error' } },
    ]);
    expect(bee.prompts).toEqual([]);
  });

  test.each([
    ['a text', { type: 'text', media_type: 'text/plain', data: 'The key is under the mat.' }],
    ['text in base64', { type: 'base64', media_type: 'text/markdown', data: notes }],
    ['blocks', { type: 'content', content: [{ type: 'text', text: 'The key is under the mat.' }] }],
  ])('a document that is %s is read', async (_, source) => {
    const { post, bee } = await startClaudeWorld();
    const block = { type: 'document', title: 'Notes', source };
    expect((await post('/v1/messages', ask([block, { type: 'text', text: 'Where?' }]))).status).toBe(200);
    expect(bee.prompts[0]?.['content']).toBe('Notes\n\nThe key is under the mat.\nWhere?');
  });

  test.each([
    ['base64', { type: 'base64', media_type: 'application/pdf', data: pdf }, { data: pdf }],
    ['an address', { type: 'url', url: 'https://x.test/a.pdf' }, { url: 'https://x.test/a.pdf' }],
  ])(
    'a PDF as %s goes to a worker that takes it, as an attachment of the kind pdf',
    async (_, source, given) => {
      const world = await startWorld();
      const worker = await startScriptedWorker(world, 'stateless_per_call', ['accepts:pdf']);
      const body = { ...ask([{ type: 'document', title: 'a.pdf', source }]), model: 'scripted' };
      const answer = world.post('/v1/messages', body);
      const turn = await worker.turn(0);
      expect(turn.prompt['attachments']).toEqual([
        { kind: 'pdf', mediaType: 'application/pdf', name: 'a.pdf', ...given },
      ]);
      turn.text('Read.');
      turn.finish();
      expect((await answer).status).toBe(200);
    },
  );

  test('images past the limit are lines of text, the oldest first, and no session ends by them', async () => {
    const world = await startWorld({ config: { maxImages: 4 } });
    const image = (data: string) => ({
      type: 'image',
      source: { type: 'base64', media_type: 'image/png', data },
    });
    const turns = ['AAAA', 'BBBB', 'CCCC', 'DDDD', 'EEEE'].flatMap((data) => [
      { role: 'user', content: [image(data)] },
      { role: 'assistant', content: 'Seen.' },
    ]);
    const body = {
      ...ask(''),
      model: 'claude-sonnet-4',
      messages: [...turns, { role: 'user', content: 'Which?' }],
    };
    expect((await world.post('/v1/messages', body)).status).toBe(200);
    const [prompt] = world.sentOf('prompt');
    expect(prompt?.['attachments']).toMatchObject([{ data: 'CCCC' }, { data: 'DDDD' }, { data: 'EEEE' }]);
    expect(String(prompt?.['content']).split('[An image was here.')).toHaveLength(3);
  });
});

describe.each([
  {
    path: '/v1/chat/completions',
    said: (content: unknown) => ({ messages: [{ role: 'user', content }] }),
    earlier: (part: unknown) => ({
      messages: [
        { role: 'user', content: [part, { type: 'text', text: 'What is it?' }] },
        { role: 'assistant', content: 'A thing.' },
        { role: 'user', content: 'Sure?' },
      ],
    }),
    result: (part: unknown) => ({
      messages: [
        { role: 'user', content: 'Read it.' },
        {
          role: 'assistant',
          tool_calls: [{ id: 't', type: 'function', function: { name: 'f', arguments: '{}' } }],
        },
        { role: 'tool', tool_call_id: 't', content: [part] },
      ],
    }),
    file: chatFile,
    sound: wav,
    image: { type: 'image_url', image_url: { url: 'data:image/png;base64,*' } },
  },
  {
    path: '/v1/responses',
    said: (content: unknown) => ({ input: [{ role: 'user', content }] }),
    earlier: (part: unknown) => ({
      input: [
        { role: 'user', content: [part, { type: 'input_text', text: 'What is it?' }] },
        { role: 'assistant', content: 'A thing.' },
        { role: 'user', content: 'Sure?' },
      ],
    }),
    result: (part: unknown) => ({
      input: [
        { role: 'user', content: 'Read it.' },
        { type: 'function_call', call_id: 't', name: 'f', arguments: '{}' },
        { type: 'function_call_output', call_id: 't', output: [part] },
      ],
    }),
    file: responseFile,
    sound: wav,
    image: { type: 'input_image', image_url: 'data:image/png;base64,*' },
  },
])('$path', ({ path, said, earlier, result, file, sound, image }) => {
  const parts = [
    {
      what: 'a part that is still to come',
      part: { type: 'smell' },
      line: '[A part of the type smell was here.',
    },
    { what: 'a broken part', part: { type: 'text', text: null }, line: '[A part of the type text was here.' },
    { what: 'a PDF', part: file(pdf), line: PDF_LINE },
    { what: 'a file of another kind', part: file(zip, 'application/zip'), line: '[A file was here.' },
    { what: 'sound', part: sound, line: '[A piece of sound was here.' },
    { what: 'a broken image', part: image, line: '[An image was here.' },
  ];

  test.each(parts)('$what is a line of text in history and results', async ({ part, line }) => {
    const { post, bee } = await startClaudeWorld();
    for (const body of [earlier(part), result(part)])
      expect((await post(path, { model: MODEL, ...body })).status).toBe(200);
    expect(bee.prompts).toHaveLength(2);
    for (const { content } of bee.prompts) expect(String(content)).toContain(line);
  });

  test.each(parts)('$what that the user has just sent is a 400', async ({ part }) => {
    const { post, bee } = await startClaudeWorld();
    expect((await post(path, { model: MODEL, ...said([part]) })).status).toBe(400);
    expect(bee.prompts).toEqual([]);
  });

  test('a file that is text is read', async () => {
    const { post, bee } = await startClaudeWorld();
    expect((await post(path, { model: MODEL, ...said([file(notes, 'text/plain')]) })).status).toBe(200);
    expect(bee.prompts[0]?.['content']).toBe('a:\n\nThe key is under the mat.');
  });
});

describe('/v1/responses', () => {
  const image = `data:image/png;base64,${'A'.repeat(4_000)}`;
  test.each([
    [
      'a search',
      { type: 'web_search_call', id: 'w', status: 'completed', action: { type: 'search', query: 'rain' } },
      '[web_search_call]\naction: {"type":"search","query":"rain"}',
    ],
    [
      'a search in files with its results',
      { type: 'file_search_call', id: 'f', queries: ['key'], results: [{ text: 'It is under the mat.' }] },
      'It is under the mat.',
    ],
    [
      'code that ran',
      { type: 'code_interpreter_call', code: 'print(1)', outputs: [{ type: 'logs', logs: 'one' }] },
      '[code_interpreter_call]\ncode: print(1)\noutputs: [{"type":"logs","logs":"one"}]',
    ],
    [
      'an image that was made',
      { type: 'image_generation_call', id: 'i', revised_prompt: 'A cat.', result: 'A'.repeat(4_000) },
      'revised_prompt: A cat.',
    ],
    [
      'a call of a server',
      { type: 'mcp_call', name: 'find', server_label: 's', arguments: '{}', output: 'The mat.' },
      'output: The mat.',
    ],
    [
      'a question of a server',
      { type: 'mcp_approval_request', id: 'a', name: 'find', server_label: 's', arguments: '{}' },
      '[mcp_approval_request]',
    ],
    [
      'its answer',
      { type: 'mcp_approval_response', approval_request_id: 'a', approve: true },
      'approve: true',
    ],
    ['an item that is still to come', { type: 'dream', colour: 'blue' }, '[dream]\ncolour: blue'],
    ['one that holds nothing', { type: 'dream', id: 'd' }, '[An item of the type dream was here.'],
    [
      'one that is not kept any more',
      { type: 'item_reference', id: 'rs_0' },
      '[An item of an earlier answer was here.',
    ],
  ])('%s in the history is text, and no session ends by it', async (_, item, line) => {
    const { post, bee } = await startClaudeWorld();
    const input = [
      { role: 'user', content: 'Where is it?' },
      item,
      { role: 'assistant', content: 'There.' },
      { role: 'user', content: 'Sure?' },
    ];
    expect((await post('/v1/responses', { model: MODEL, input })).status).toBe(200);
    const [prompt] = bee.prompts;
    expect(String(prompt?.['content'])).toContain(line);
    expect(String(prompt?.['content'])).not.toContain('AAAAAAAA');
  });

  test('the picture of a screen is an image for those who see, a line for others, and never text', async () => {
    const { post, bee } = await startClaudeWorld();
    const input = [
      { role: 'user', content: 'Click.' },
      {
        type: 'computer_call',
        call_id: 'c',
        id: 'x',
        status: 'completed',
        action: { type: 'click', x: 1, y: 2 },
      },
      {
        type: 'computer_call_output',
        call_id: 'c',
        output: { type: 'computer_screenshot', image_url: image },
      },
      { type: 'function_call', call_id: 'f', name: 'shoot', arguments: '{}' },
      {
        type: 'function_call_output',
        call_id: 'f',
        output: [{ type: 'computer_screenshot', image_url: image }],
      },
    ];
    expect((await post('/v1/responses', { model: MODEL, input })).status).toBe(200);
    const content = String(bee.prompts[0]?.['content']);
    expect(content.split('[An image was here.')).toHaveLength(3);
    expect(content).toContain('"x":1');
    expect(content).not.toContain('AAAAAAAA');
  });

  test('parts that are no parts are kept as they were sent', async () => {
    const { post, url } = await startWorld();
    const content = [
      { type: 'smell', strength: 3 },
      { type: 'input_text', text: 'What is it?' },
    ];
    const input = [
      { role: 'user', content },
      { role: 'assistant', content: 'A thing.' },
      { type: 'function_call', call_id: 'f', name: 'shoot', arguments: '{}' },
      { type: 'function_call_output', call_id: 'f', output: [content[0]] },
      { role: 'user', content: 'Sure?' },
    ];
    const created = Object(await (await post('/v1/responses', { model: 'claude-sonnet-4', input })).json());
    const again = { model: 'claude-sonnet-4', input: 'Really?', previous_response_id: created.id };
    expect((await post('/v1/responses', again)).status).toBe(200);
    const items = Object(
      await (await fetch(`${url}/v1/responses/${created.id}/input_items?order=asc`)).json(),
    );
    expect(items.data[0].content).toEqual(content);
    expect(items.data[3].output).toEqual([content[0]]);
  });

  test('a file by its address goes to a worker that takes PDF', async () => {
    const world = await startWorld();
    const worker = await startScriptedWorker(world, 'stateless_per_call', ['accepts:pdf']);
    const file = { type: 'input_file', file_url: 'https://x.test/a.pdf' };
    const answer = world.post('/v1/responses', {
      model: 'scripted',
      input: [{ role: 'user', content: [file] }],
    });
    const turn = await worker.turn(0);
    expect(turn.prompt['attachments']).toEqual([
      { kind: 'pdf', mediaType: 'application/pdf', url: 'https://x.test/a.pdf' },
    ]);
    turn.text('Read.');
    turn.finish();
    expect((await answer).status).toBe(200);
  });
});

describe('/v1/chat/completions', () => {
  const then = [{ role: 'user', content: 'Sure?' }];
  test.each([
    [
      'a call of a custom tool',
      [
        {
          role: 'assistant',
          tool_calls: [{ id: 'c', type: 'custom', custom: { name: 'patch', input: '*** a' } }],
        },
        { role: 'tool', tool_call_id: 'c', content: 'done' },
      ],
      '*** a',
    ],
    [
      'sound that the model made',
      [{ role: 'assistant', content: null, audio: { id: 'a' } }],
      '[A piece of sound was here.',
    ],
    [
      'an image among the instructions',
      [
        {
          role: 'system',
          content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }],
        },
      ],
      '[An image was here.',
    ],
    [
      'a part of another kind among the instructions',
      [{ role: 'developer', content: [{ type: 'smell' }] }],
      '[A part of the type smell was here.',
    ],
    ['a refusal', [{ role: 'assistant', content: [{ type: 'refusal', refusal: 'Not that.' }] }], 'Not that.'],
    ['an answer without content', [{ role: 'assistant' }], 'Sure?'],
    [
      'a result that is an object',
      [
        { role: 'assistant', tool_calls: [{ id: 'c', type: 'function', function: { name: 'f' } }] },
        { role: 'tool', tool_call_id: 'c', content: { degrees: 21 } },
      ],
      '{"degrees":21}',
    ],
  ])('%s in the history ends no session', async (_, messages, line) => {
    const { post, bee } = await startClaudeWorld();
    const body = { model: MODEL, messages: [{ role: 'user', content: 'Do it.' }, ...messages, ...then] };
    expect((await post('/v1/chat/completions', body)).status).toBe(200);
    expect(String(bee.prompts[0]?.['content'])).toContain(line);
  });

  test('an image in the leading instructions is a line of text', async () => {
    const { post, bee } = await startClaudeWorld();
    const image_url = { url: 'data:image/png;base64,AAAA' };
    const messages = [
      {
        role: 'system',
        content: [
          { type: 'image_url', image_url },
          { type: 'text', text: 'Be brief.' },
        ],
      },
      ...then,
    ];
    expect((await post('/v1/chat/completions', { model: MODEL, messages })).status).toBe(200);
    expect(String(bee.prompts[0]?.['systemPrompt'])).toMatch(/^\[An image was here\..*\nBe brief\.$/);
  });
});

test('/api/chat: what is no image is a line of text in the history, and a 400 in the question', async () => {
  const world = await startWorld();
  const wrong = 'data:image/png;base64,AAAA';
  const question = { role: 'user', content: 'What is it?', images: [wrong] };
  const body = { model: 'claude-sonnet-4', stream: false };
  const refused = await world.post('/api/chat', { ...body, messages: [question] });
  expect([refused.status, await refused.json()]).toEqual([
    400,
    { error: 'illegal base64 data at input byte 4' },
  ]);
  const result = { role: 'tool', content: 'Seen.', images: [wrong] };
  const called = { role: 'assistant', tool_calls: [{ function: { name: 'look', arguments: {} } }] };
  for (const later of [
    [
      { role: 'assistant', content: 'A dot.' },
      { role: 'user', content: 'Sure?' },
    ],
    [called, result],
  ])
    expect((await world.post('/api/chat', { ...body, messages: [question, ...later] })).status).toBe(200);
  const [first, second] = world.sentOf('prompt');
  expect(String(first?.['content'])).toContain('[An image was here.');
  expect(String(second?.['content']).split('[An image was here.')).toHaveLength(3);
});

test('/api/chat: an image that is too large is a line of text in the history, and a 400 in the question', async () => {
  const world = await startWorld({ config: { maxImageBytes: 8 } });
  const large = Buffer.alloc(9).toString('base64');
  const question = { role: 'user', content: 'What is it?', images: [large] };
  const body = { model: 'claude-sonnet-4', stream: false };
  expect((await world.post('/api/chat', { ...body, messages: [question] })).status).toBe(400);
  const messages = [question, { role: 'assistant', content: 'A dot.' }, { role: 'user', content: 'Sure?' }];
  expect((await world.post('/api/chat', { ...body, messages })).status).toBe(200);
  expect(String(world.sentOf('prompt')[0]?.['content'])).toContain('[An image was here.');
});
