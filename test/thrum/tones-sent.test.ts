import { describe, expect, it } from 'vitest';
import type { TurnRequest } from '../../src/core/request.js';
import { toHelloTone } from '../../src/thrum/link/hello.js';
import { fitsArgument, type PromptFrame, toBody, toPromptTone } from '../../src/thrum/turn/prompt-tone.js';
import { createRidSource } from '../../src/thrum/link/tone-codec.js';

const address = { rid: 'r-0', sid: 's', hive: 'ollama-server', modelId: 'm' };
const request: TurnRequest = {
  model: 'asked',
  messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }],
  tools: [],
  sampling: {},
};

/** The prompt of a request, and how much it gives the model to read. */
function promptOf(asked: TurnRequest, frame: Partial<PromptFrame> = {}) {
  const body = toBody(asked);
  const tone = toPromptTone(body, { ...address, sampling: asked.sampling, ...frame });
  return { tone, characters: body.characters };
}

describe('a system text that is an argument of a process', () => {
  it.each([
    ['nothing', '', true],
    ['131,071 bytes', 'x'.repeat(131_071), true],
    ['131,072 bytes', 'x'.repeat(131_072), false],
    ['131,070 bytes of two each', 'ü'.repeat(65_535), true],
    ['131,072 bytes of two each', 'ü'.repeat(65_536), false],
    ['131,071 bytes of one and three', `${'x'.repeat(2)}${'€'.repeat(43_689)}xx`, true],
    ['131,073 bytes of three each', '€'.repeat(43_691), false],
    ['a NUL', 'a\0b', false],
  ])('%s', (_name, system, fits) => {
    expect(fitsArgument(system)).toBe(fits);
  });
});

describe('the tones that the bridge sends', () => {
  it('sends the text of a prompt twice and leaves out what nobody asked for', () => {
    expect(promptOf(request)).toEqual({
      tone: { chi: 'prompt', ...address, content: 'hi', text: 'hi' },
      characters: 2,
    });
  });

  it('carries system prompt, tools, attachments and sampling', () => {
    const inputSchema = { type: 'object', properties: {} };
    const { tone, characters } = promptOf({
      ...request,
      system: 'be brief',
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'hi' },
            { type: 'image', mediaType: 'image/png', data: 'AAAA' },
            { type: 'image', mediaType: 'image/*', url: 'https://example.com/a.png' },
          ],
        },
      ],
      tools: [{ name: 'f', inputSchema }],
      sampling: { temperature: 0, maxTokens: 5 },
    });
    expect(tone).toMatchObject({
      systemPrompt: 'be brief',
      tools: [{ name: 'f', description: '', inputSchema }],
      attachments: [
        { kind: 'image', mediaType: 'image/png', data: 'AAAA' },
        { kind: 'image', mediaType: 'image/*', url: 'https://example.com/a.png' },
      ],
      sampling: { temperature: 0, maxTokens: 5 },
    });
    expect(characters).toBe(10);
  });

  it('carries what the worker must not have, and where it works', () => {
    const frame = { disallowedTools: ['Bash'], cwd: '/srv', resume: 'nest-1' };
    expect(promptOf(request, frame).tone).toMatchObject(frame);
    expect(promptOf(request, { disallowedTools: [] }).tone).not.toHaveProperty('disallowedTools', []);
  });

  it('introduces itself as the recorded bee does', () => {
    const hello = toHelloTone(
      {
        hive: 'ollama-server',
        hid: 'fbee_1',
        version: '0.1.0',
        wire: 'ollama/api',
        provides: [],
        tools: [],
        bind: { host: '127.0.0.1', port: 11434 },
        source: 'https://example.com/x',
      },
      'fix-0',
    );
    expect(hello).toMatchObject({
      chi: 'hello',
      rid: 'fix-0',
      from: 'ollama-server',
      hid: 'fbee_1',
      bee: ['forager'],
      hive: 'ollama-server',
      version: '0.1.0',
      protoVersion: '0.7.0',
      propensity: { statefulness: 'convention-stateful', richness: 'medium', wire: 'ollama/api' },
      bind: { host: '127.0.0.1', port: 11434, scheme: 'http' },
      source: 'https://example.com/x',
    });
    expect(hello['chis']).toEqual(
      expect.arrayContaining(['hello', 'prompt', 'cancel', 'cleanup', 'chunk', 'finish', 'error']),
    );
    expect(hello).not.toHaveProperty('provides');
  });

  it('numbers rids as the reference clients do', () => {
    const next = createRidSource(() => 1_795_247_378_417);
    expect([next(), next()]).toEqual(['mwq3xqlt-0', 'mwq3xqlt-1']);
  });
});
