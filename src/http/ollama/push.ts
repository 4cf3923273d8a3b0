/** `POST /api/push`: there is no registry behind this server. */
import { Fault } from '../../core/fault.js';
import type { WireAnswer } from '../answer/wire-answer.js';
import type { OllamaContext } from './context.js';
import { findByName, whyUnknown } from './find-by-name.js';
import { livesInHum } from './lives-in-hum.js';
import type { NamedBody } from './management-schema.js';
import { progressAnswer } from './progress.js';
import type { Asked } from './route.js';

/** As Ollama's, an unknown model is an error within the stream. */
export function answerPush({ conversation }: OllamaContext, { body }: Asked<NamedBody>): WireAnswer {
  const asked = body.model || body.name;
  if (!asked) throw new Fault('bad-request', 'model is required');
  if (findByName(conversation.models(), asked)) throw livesInHum('push a model');
  const fault = whyUnknown(conversation, asked, { notFound: `model '${asked}' not found` });
  if (fault.code !== 'model-not-found') throw fault;
  return progressAnswer([{ status: 'retrieving manifest' }, { error: fault.message }], body.stream);
}
