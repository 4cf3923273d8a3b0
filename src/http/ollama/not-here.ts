/**
 * What Ollama does and a bridge does not: models come and go with hum's workers, and there is no registry, no account and no
 * cloud behind this server. Each route checks its request as Ollama does and then refuses it.
 */
import type { Context } from 'hono';
import { Fault } from '../../core/fault.js';
import { jsonText } from '../answer/line-text.js';
import { WireAnswer } from '../answer/wire-answer.js';
import { readBody } from '../body/read-request.js';
import type { BodyLimits } from '../body/request-limits.js';
import { clientGone } from '../caller.js';
import type { HttpEnv } from '../surface.js';
import { requireModel, respell, unknownModelFault } from './find-by-name.js';
import type { CopyBody, CreateBody, DeleteBody, RegistryBody } from './schema.js';
import { digestOf, SIZE_BYTES } from './model-lists.js';
import { parseModelName } from './model-name.js';
import { type Answering, type BodyRequest, jsonAnswer, type OllamaContext } from './route.js';

/** How the files of a model are named. */
const BLOB_DIGEST = /^sha256[:-][0-9a-fA-F]{64}$/;

const PULLING = { status: 'pulling manifest' };
/** The command line looks for this text (src/http/ollama/README.md, "Progress"). */
const NOT_IN_REGISTRY = 'pull model manifest: file does not exist';
const SHORT_DIGEST_DIGITS = 12;

/** `POST /api/pull`: a model that hum has is there at once; any other is nowhere to be found. */
export function answerPull({ mesh }: OllamaContext, { body }: BodyRequest<RegistryBody>): WireAnswer {
  const requested = body.model || body.name || '';
  const model = mesh.findModel(requested, respell);
  if (model === undefined || model instanceof Fault) {
    const fault = model ?? unknownModelFault(mesh, requested, { notFound: NOT_IN_REGISTRY });
    if (fault.code !== 'model-not-found') throw fault;
    if (parseModelName(requested)?.scheme === 'http' && !body.insecure)
      throw refused('insecure protocol http');
    return progressAnswer([PULLING, { error: NOT_IN_REGISTRY }], body.stream);
  }
  const digest = digestOf(model.id);
  const layer = { digest: `sha256:${digest}`, total: SIZE_BYTES, completed: SIZE_BYTES };
  return progressAnswer(
    [
      PULLING,
      { status: `pulling ${digest.slice(0, SHORT_DIGEST_DIGITS)}`, ...layer },
      { status: 'verifying sha256 digest' },
      { status: 'writing manifest' },
      { status: 'success' },
    ],
    body.stream,
  );
}

/** `POST /api/push`. As Ollama's, an unknown model is an error within the stream. */
export function answerPush({ mesh }: OllamaContext, { body }: BodyRequest<RegistryBody>): WireAnswer {
  const requested = body.model || body.name;
  if (!requested) throw refused('model is required');
  const model = mesh.findModel(requested, respell);
  if (model !== undefined && !(model instanceof Fault)) throw notOffered('push a model');
  const fault = model ?? unknownModelFault(mesh, requested, { notFound: `model '${requested}' not found` });
  if (fault.code !== 'model-not-found') throw fault;
  const lines = [{ status: 'retrieving manifest' }, { status: "couldn't retrieve manifest" }] as const;
  return progressAnswer([...lines, { error: fault.message }], body.stream);
}

/** `POST /api/create`. */
export function answerCreate({ mesh }: OllamaContext, { body }: BodyRequest<CreateBody>): never {
  const isName = (name: string) => parseModelName(name) !== undefined || mesh.findModel(name, respell);
  if (!isName(body.model || body.name || '')) throw refused('invalid model name');
  if (body.from) {
    if (!isName(body.from)) throw refused('invalid model name');
  } else if (body.files == null) {
    throw refused("neither 'from' or 'files' was specified");
  } else if (Object.keys(body.files).length === 0) {
    throw refused('no files provided to convert');
  }
  for (const [path, digest] of Object.entries({ ...body.files, ...body.adapters })) {
    if (!isRelative(path)) throw refused('file path must be relative');
    if (!isBlobDigest(digest)) throw refused('invalid digest format');
  }
  throw notOffered('create a model');
}

/**
 * `POST /api/copy`: a second name for a model is an alias in the hive's configuration. As for Ollama, the copy of a model
 * onto itself is done already.
 */
export function answerCopy({ mesh }: OllamaContext, { body }: BodyRequest<CopyBody>): WireAnswer {
  const source = body.source ?? '';
  const destination = body.destination ?? '';
  for (const [field, name] of Object.entries({ source, destination })) {
    if (mesh.findModel(name, respell) || parseModelName(name)) continue;
    throw refused(`${field} ${JSON.stringify(name)} is invalid`);
  }
  const model = requireModel(mesh, source, { notFound: `model ${JSON.stringify(source)} not found` });
  if (mesh.findModel(destination, respell) === model) return { ...jsonAnswer({}), body: '' };
  throw notOffered('copy a model; an alias of it can be configured');
}

/** `DELETE /api/delete`. */
export function answerDelete({ mesh }: OllamaContext, { body }: BodyRequest<DeleteBody>): never {
  const requested = body.model || body.name;
  if (!requested) throw refused('model is required');
  requireModel(mesh, requested, {
    notFound: `model '${requested}' not found`,
    malformed: `name ${JSON.stringify(requested)} is invalid`,
  });
  throw notOffered('delete a model');
}

/**
 * `/api/blobs/:digest`, where clients put the files of a model that they create. There is never one, and none is taken: HEAD
 * asks, POST sends; the bytes are not read.
 */
export function answerBlob(c: Context<HttpEnv>): WireAnswer {
  const digest = c.req.param('digest') ?? '';
  if (!isBlobDigest(digest)) throw refused('invalid digest format');
  if (c.req.method !== 'HEAD') throw notOffered('store the files of a model');
  return jsonAnswer({ error: `blob ${JSON.stringify(digest)} not found` }, 404);
}

/**
 * `POST /api/me`, of an account at ollama.com. The answer is "not signed in", as Ollama's, but has no `signin_url`: that
 * would send the user to connect a machine that is not theirs to an account. Clients take the answer without one
 * (src/http/ollama/README.md, "Command line").
 */
export function answerMe(): never {
  throw new Fault('unauthorized', 'unauthorized');
}

/** `POST /api/signout` and `DELETE /api/user/keys/:encodedKey`. */
export function answerSignout(): never {
  throw new Fault('unauthorized', 'you are not currently signed in');
}

/** `GET /api/status`: the cloud is switched off here (src/http/ollama/README.md, "Cloud and account"). */
export function answerCloudStatus(): WireAnswer {
  return jsonAnswer({ cloud: { disabled: true, source: 'config' } });
}

/** `GET /api/experimental/model-recommendations`. */
export function answerRecommendations(): WireAnswer {
  return jsonAnswer({ recommendations: [] });
}

/**
 * A route that Ollama passes on to its cloud. It wants a body, of whatever kind, before it refuses.
 * @param feature `web search`
 */
export function cloudFeature(feature: string, limits: BodyLimits): Answering {
  return async (c) => {
    const { chunks, release } = await readBody(c.env.incoming, limits, clientGone(c));
    release?.();
    if (chunks.every((chunk) => chunk.toString('latin1').trim() === ''))
      throw refused('missing request body');
    throw new Fault('forbidden', `ollama cloud is disabled: ${feature} is unavailable`);
  };
}

type ProgressLine =
  | {
      readonly status: string;
      readonly digest?: string;
      readonly total?: number;
      readonly completed?: number;
    }
  | { readonly error: string };

/**
 * The answer of a route that reports progress: lines, or with `stream: false` the last of them (src/http/ollama/README.md,
 * "Progress"). An error stands last; it is a line of a stream, whose status is 200 by then, and a 500 without one.
 */
function progressAnswer(
  lines: readonly [...ProgressLine[], ProgressLine],
  stream: boolean | null | undefined,
): WireAnswer {
  if (stream ?? true) {
    const body = lines.map((line) => `${jsonText(line)}\n`).join('');
    return { status: 200, contentType: 'application/x-ndjson', body };
  }
  const last = lines[lines.length - 1];
  const hasFailed = last !== undefined && 'error' in last;
  return WireAnswer.json(last, { status: hasFailed ? 500 : 200 });
}

/** @param action what cannot be done: `push a model` */
function notOffered(action: string): Fault {
  return new Fault('not-offered', `models live in hum: this server cannot ${action}`);
}

function refused(text: string): Fault {
  return new Fault('bad-request', text);
}

function isBlobDigest(value: unknown): boolean {
  return typeof value === 'string' && BLOB_DIGEST.test(value);
}

/** As Go's `fs.ValidPath`: names between single slashes, none of them `.` or `..`. */
function isRelative(path: string): boolean {
  return path.split('/').every((name) => name !== '' && name !== '.' && name !== '..');
}
