import { Ollama } from 'ollama';
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { startEmbeddedBridge } from './embedded-bridge.js';

describe('embeddings out of the box', () => {
  it('are refused with a word on what is missing, rather than made up', async () => {
    const bridge = await startEmbeddedBridge();
    const ollama = new Ollama({ host: bridge.url });
    await expect(ollama.embed({ model: 'claude-sonnet-4', input: 'a' })).rejects.toMatchObject({
      status_code: 501,
      message: expect.stringContaining('embed'),
    });
  });

  it('come from the echo worker’s hash-embed where that is asked for', async () => {
    const bridge = await startEmbeddedBridge({ OLLAMA_SERVER_EMBED_TOOL: 'hash-embed' });
    const ollama = new Ollama({ host: bridge.url });
    const { embeddings } = await ollama.embed({ model: 'claude-sonnet-4', input: ['a b', 'c'] });
    expect(embeddings.map((vector) => vector.length)).toEqual([256, 256]);
    const openai = new OpenAI({ baseURL: `${bridge.url}/v1`, apiKey: 'any', maxRetries: 0 });
    const { data } = await openai.embeddings.create({
      model: 'claude-sonnet-4',
      input: ['a b', 'c'],
      dimensions: 16,
    });
    expect(data.map(({ embedding }) => embedding.length)).toEqual([16, 16]);
  });
});
