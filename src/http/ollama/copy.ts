/** `POST /api/copy`: a second name for a model is an alias in the hive's configuration. */
import { Fault } from '../../core/fault.js';
import type { WireAnswer } from '../answer/wire-answer.js';
import type { OllamaContext } from './context.js';
import { findByName, requireModel } from './find-by-name.js';
import { livesInHum } from './lives-in-hum.js';
import type { CopyBody } from './management-schema.js';
import { parseModelName } from './model-name.js';
import type { Asked } from './route.js';

/** As for Ollama, the copy of a model onto itself is done already. */
const DONE: WireAnswer = { status: 200, contentType: 'application/json; charset=utf-8', body: '' };

export function answerCopy({ conversation }: OllamaContext, { body }: Asked<CopyBody>): WireAnswer {
  const source = body.source ?? '';
  const destination = body.destination ?? '';
  const models = conversation.models();
  for (const [field, name] of Object.entries({ source, destination })) {
    if (findByName(models, name) || parseModelName(name)) continue;
    throw new Fault('bad-request', `${field} ${JSON.stringify(name)} is invalid`);
  }
  const model = requireModel(conversation, source, { notFound: `model ${JSON.stringify(source)} not found` });
  if (findByName(models, destination) === model) return DONE;
  throw livesInHum('copy a model; an alias of it can be configured');
}
