/** `/api/blobs/:digest`, where clients put the files of a model that they create. */
import type { Context } from 'hono';
import { Fault } from '../../core/fault.js';
import type { WireAnswer } from '../answer/wire-answer.js';
import type { HttpEnv } from '../surface.js';
import { isBlobDigest } from './blob-digest.js';
import { jsonAnswer } from './json-answer.js';
import { livesInHum } from './lives-in-hum.js';

/** There is never one, and none is taken. HEAD asks, POST sends; the bytes are not read. */
export function answerBlob(c: Context<HttpEnv>): WireAnswer {
  const digest = c.req.param('digest') ?? '';
  if (!isBlobDigest(digest)) throw new Fault('bad-request', 'invalid digest format');
  if (c.req.method !== 'HEAD') throw livesInHum('store the files of a model');
  return jsonAnswer({ error: `blob ${JSON.stringify(digest)} not found` }, 404);
}
