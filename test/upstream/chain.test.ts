/** The program itself, in front of another bridge that plays the upstream. */
import { Ollama } from 'ollama';
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { script, startEmbeddedBridge } from '../clients/embedded-bridge.js';
import { runProgram, urlIn } from '../program/run-program.js';

const WEATHER = {
  type: 'function',
  function: { name: 'get_weather', description: '', parameters: { type: 'object', properties: {} } },
};

async function startChain(env: Readonly<Record<string, string>> = {}) {
  const upstream = await startEmbeddedBridge({ OLLAMA_SERVER_EMBED_TOOL: 'hash-embed' });
  const base = `${upstream.url}/v1`;
  const line = await runProgram(['--nest', 'embedded', '--upstream', `${base}/`], { env }).startLine();
  return { base, line, url: urlIn(line) };
}

describe('thrum-bridge --upstream, in front of another bridge', () => {
  it('says whom it fronts, and lists what is there', async () => {
    const { base, line, url } = await startChain();
    expect(line).toContain(`nest: embedded (as asked): ${base} answers | models: `);
    const { models } = await new Ollama({ host: url }).list();
    expect(models.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['claude-sonnet-4:latest', 'echo:latest']),
    );
  });

  it('chats, thinks, counts and embeds', async () => {
    const { url } = await startChain();
    const ollama = new Ollama({ host: url });
    const messages = [{ role: 'user', content: 'What was said is said again.' }];
    const pieces: string[] = [];
    let thinking = '';
    let counts: readonly number[] = [];
    for await (const part of await ollama.chat({ model: 'echo', messages, think: true, stream: true })) {
      pieces.push(part.message.content);
      thinking += part.message.thinking ?? '';
      if (part.done) counts = [part.prompt_eval_count, part.eval_count];
    }
    expect(pieces.join('')).toBe('What was said is said again.');
    expect(thinking).toBe('Echoing what I was told.');
    expect(counts).toEqual([7, 7]);
    const { embeddings } = await ollama.embed({ model: 'echo', input: ['the quick brown fox', 'a dog'] });
    expect(embeddings.map((vector) => vector.length)).toEqual([256, 256]);
  });

  it('takes a call of a tool to the client and its result back', async () => {
    const { url } = await startChain();
    const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any' });
    const content = script({ tools: [{ name: 'get_weather', args: { city: 'Paris' } }], then: ['Sunny.'] });
    const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content }];
    const tools = [WEATHER] as OpenAI.ChatCompletionTool[];
    const first = await openai.chat.completions.create({ model: 'echo', messages, tools });
    const [choice] = first.choices;
    expect(choice).toMatchObject({
      finish_reason: 'tool_calls',
      message: { tool_calls: [{ function: { name: 'get_weather', arguments: '{"city":"Paris"}' } }] },
    });
    const id = choice?.message.tool_calls?.[0]?.id ?? '';
    if (choice !== undefined) messages.push(choice.message);
    messages.push({ role: 'tool', tool_call_id: id, content: '21C' });
    const second = await openai.chat.completions.create({ model: 'echo', messages, tools });
    // The bridge at the back replays the conversation to its echo, which repeats the result.
    expect(second.choices[0]?.message.content).toContain('21C');
  });

  it("tells the upstream's errors", async () => {
    const { url } = await startChain();
    const content = script({ error: { code: 'worker_error', message: 'no credit left' } });
    const asked = new Ollama({ host: url }).chat({ model: 'echo', messages: [{ role: 'user', content }] });
    await expect(asked).rejects.toThrow('the upstream answered 502: no credit left');
  });
});
