/** `POST /api/pull`: a model that hum has is there at once; any other is nowhere to be found. */
import { Fault } from '../../core/fault.js';
import type { WireAnswer } from '../answer/wire-answer.js';
import type { OllamaContext } from './context.js';
import { findByName, whyUnknown } from './find-by-name.js';
import type { NamedBody } from './management-schema.js';
import { digestOf, SIZE_BYTES } from './model-facts.js';
import { parseModelName } from './model-name.js';
import { progressAnswer } from './progress.js';
import type { Asked } from './route.js';

const MANIFEST = { status: 'pulling manifest' };
/** The command line looks for this text (src/http/ollama/README.md, "Progress"). */
const NOT_FOUND = 'pull model manifest: file does not exist';
const SHORT_DIGEST = 12;

export function answerPull({ conversation }: OllamaContext, { body }: Asked<NamedBody>): WireAnswer {
  const asked = body.model || body.name || '';
  const model = findByName(conversation.models(), asked);
  if (model === undefined) {
    const fault = whyUnknown(conversation, asked, { notFound: NOT_FOUND });
    if (fault.code !== 'model-not-found') throw fault;
    if (parseModelName(asked)?.scheme === 'http' && !body.insecure) {
      throw new Fault('bad-request', 'insecure protocol http');
    }
    return progressAnswer([MANIFEST, { error: NOT_FOUND }], body.stream);
  }
  const digest = digestOf(model.id);
  const layer = { digest: `sha256:${digest}`, total: SIZE_BYTES, completed: SIZE_BYTES };
  return progressAnswer(
    [
      MANIFEST,
      { status: `pulling ${digest.slice(0, SHORT_DIGEST)}`, ...layer },
      { status: 'verifying sha256 digest' },
      { status: 'writing manifest' },
      { status: 'success' },
    ],
    body.stream,
  );
}
