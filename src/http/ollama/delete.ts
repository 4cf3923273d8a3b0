/** `DELETE /api/delete`: a model is hum's to remove. */
import { Fault } from '../../core/fault.js';
import type { OllamaContext } from './context.js';
import { requireModel } from './find-by-name.js';
import { livesInHum } from './lives-in-hum.js';
import type { NamedBody } from './management-schema.js';
import type { Asked } from './route.js';

export function answerDelete({ mesh }: OllamaContext, { body }: Asked<NamedBody>): never {
  const asked = body.model || body.name;
  if (!asked) throw new Fault('bad-request', 'model is required');
  requireModel(mesh, asked, {
    notFound: `model '${asked}' not found`,
    malformed: `name ${JSON.stringify(asked)} is invalid`,
  });
  throw livesInHum('delete a model');
}
