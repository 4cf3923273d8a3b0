import { describe, expect, it } from 'vitest';
import { errorBody, post, ScriptedConversation, serve } from './scripted-messages.js';

const ask = { model: 'm', messages: [{ role: 'user', content: 'hi' }] };

describe('POST /v1/messages/count_tokens', () => {
  const count = async (url: string, fields: object) => {
    const response = await post(`${url}/v1/messages/count_tokens?beta=true`, { ...ask, ...fields });
    return { status: response.status, body: await response.json() };
  };

  it.each([
    [{}, 1],
    [{ messages: [{ role: 'user', content: '' }] }, 1],
    [{ messages: [{ role: 'user', content: 'x'.repeat(40) }] }, 10],
    [{ messages: [{ role: 'user', content: 'x'.repeat(40) }], system: 'y'.repeat(40) }, 20],
    [{ tools: [{ name: 'x'.repeat(20), description: 'y'.repeat(18), input_schema: {} }] }, 11],
    [
      {
        messages: [
          { role: 'assistant', content: [{ type: 'tool_use', id: 't', name: 'f'.repeat(38), input: {} }] },
          { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content: 'x'.repeat(40) }] },
        ],
      },
      20,
    ],
    [
      {
        messages: [
          { role: 'user', content: [{ type: 'image', source: { type: 'url', url: 'https://a.b/c' } }] },
        ],
      },
      1_600,
    ],
  ])('counts %j as %i', async (fields, input_tokens) => {
    const conversation = new ScriptedConversation();
    const { url } = await serve(conversation);
    expect(await count(url, fields)).toEqual({ status: 200, body: { input_tokens } });
    expect(conversation.asked).toEqual([]);
  });

  it('knows the models', async () => {
    const { url } = await serve(new ScriptedConversation());
    expect(await count(url, { model: 'M:latest' })).toMatchObject({ status: 200 });
    expect(await count(url, { model: 'nope' })).toEqual({
      status: 404,
      body: errorBody('not_found_error', 'model: nope'),
    });
    expect(await count(url, { model: 'nope', messages: [] })).toMatchObject({ status: 400 });
  });
});
