/** `POST /api/create`: checked as Ollama does, then refused. */
import { Fault } from '../../core/fault.js';
import { isBlobDigest } from './blob-digest.js';
import type { OllamaContext } from './context.js';
import { findByName } from './find-by-name.js';
import { livesInHum } from './lives-in-hum.js';
import type { CreateBody } from './management-schema.js';
import { parseModelName } from './model-name.js';
import type { Asked } from './route.js';

export function answerCreate({ mesh }: OllamaContext, { body }: Asked<CreateBody>): never {
  const isName = (name: string) => parseModelName(name) !== undefined || findByName(mesh.models(), name);
  if (!isName(body.model || body.name || '')) throw refusal('invalid model name');
  if (body.from) {
    if (!isName(body.from)) throw refusal('invalid model name');
  } else if (body.files == null) {
    throw refusal("neither 'from' or 'files' was specified");
  } else if (Object.keys(body.files).length === 0) {
    throw refusal('no files provided to convert');
  }
  for (const [path, digest] of Object.entries({ ...body.files, ...body.adapters })) {
    if (!isRelative(path)) throw refusal('file path must be relative');
    if (!isBlobDigest(digest)) throw refusal('invalid digest format');
  }
  throw livesInHum('create a model');
}

function refusal(text: string): Fault {
  return new Fault('bad-request', text);
}

/** As Go's `fs.ValidPath`: names between single slashes, none of them `.` or `..`. */
function isRelative(path: string): boolean {
  return path.split('/').every((name) => name !== '' && name !== '.' && name !== '..');
}
