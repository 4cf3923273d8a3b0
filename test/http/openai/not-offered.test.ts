import { describe, expect, it } from 'vitest';
import { ScriptedConversation, serve } from './scripted-bridge.js';

const absent = [
  ['POST', '/v1/audio/speech', 'audio'],
  ['POST', '/v1/audio/transcriptions', 'audio'],
  ['POST', '/v1/images/generations', 'images'],
  ['GET', '/v1/files', 'files'],
  ['POST', '/v1/files/', 'files'],
  ['GET', '/v1/files/file-1/content', 'files'],
  ['POST', '/v1/uploads', 'uploads'],
  ['POST', '/v1/batches/b/cancel', 'batches'],
  ['DELETE', '/v1/assistants/a', 'assistants'],
  ['POST', '/v1/threads/runs', 'threads'],
  ['POST', '/v1/moderations', 'moderations'],
  ['POST', '/v1/fine_tuning/jobs', 'fine_tuning'],
  ['GET', '/v1/vector_stores', 'vector_stores'],
  ['GET', '/v1/realtime?model=m', 'realtime'],
] as const;

describe('a route that is not offered', () => {
  it.each(absent)('says so, and what is: %s %s', async (method, path, name) => {
    const { url } = await serve(new ScriptedConversation([]));
    const response = await fetch(url + path, { method, redirect: 'error' });
    expect(response.status).toBe(404);
    expect(response.headers.get('content-type')).toBe('application/json');
    const { error } = Object(await response.json());
    expect(error).toEqual({
      message: expect.stringMatching(
        new RegExp(`^/v1/${name} is not offered here\\. Offered are: POST /v1/chat/`),
      ),
      type: 'invalid_request_error',
      param: null,
      code: 'unknown_url',
    });
    for (const offered of [
      'POST /v1/chat/completions',
      'POST /v1/completions',
      'POST /v1/embeddings',
      'POST /v1/responses',
      'GET /v1/models',
    ]) {
      expect(error.message).toContain(offered);
    }
  });

  it('is not one whose name only begins like it', async () => {
    const { url } = await serve(new ScriptedConversation([]));
    const response = await fetch(`${url}/v1/filesystem`);
    expect(await response.json()).toMatchObject({ error: { message: 'Invalid URL (GET /v1/filesystem)' } });
  });

  it('may also be one that a model has: nobody deletes it', async () => {
    const { url, openai } = await serve(new ScriptedConversation([]));
    await expect(openai.models.delete('m')).rejects.toMatchObject({
      status: 405,
      code: 'method_not_supported',
      message: expect.stringContaining('Method not allowed. This path takes GET.'),
    });
    const response = await fetch(`${url}/v1/models/m`, { method: 'DELETE' });
    expect(response.headers.get('allow')).toBe('GET');
  });
});
