/** What a request reveals of the turn that it asks for: the model that it means, who asks, and when the client leaves. */
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Context } from 'hono';
import { TurnAbort, type TurnSignal } from '../core/abort.js';
import { type Caller, hasAttachment, type TurnRequest } from '../core/request.js';
import { foundModel, type ModelLookup, type Respelling } from '../core/model.js';
import type { Mesh } from '../core/port.js';
import { fitImages } from './body/request-limits.js';
import { fitToWorkers } from './fit-to-workers.js';
import { readHeader } from './request-headers.js';
import { MessageSocket } from './server/message-socket.js';
import { nameSession, type NamingFields } from './session-name.js';
import type { HttpEnv, SurfaceContext } from './surface.js';

/** Holds the name by which hum knows the model that answers, where that is not the name that the client wrote. */
const MODEL_HEADER = 'x-hum-model';

const PRINTABLE = /^[\x21-\x7e]+$/;

/** The header by which a client names the folder that the worker is to work in: an absolute path. */
const FOLDER_HEADER = 'x-hum-cwd';

/** The header with the client's trace (https://www.w3.org/TR/trace-context/). */
const TRACE_HEADER = 'traceparent';

/** As `Mesh.resolveModel`; says in a header, which goes out with the answer, which model answers. */
export function resolveModel(
  c: Context<HttpEnv>,
  mesh: Mesh,
  asked: string,
  respell?: Respelling,
): ModelLookup | Promise<ModelLookup> {
  const found = mesh.resolveModel(asked, clientGone(c), respell);
  if (found instanceof Promise) return found.then((model) => withModelHeader(c, asked, model));
  return withModelHeader(c, asked, found);
}

function withModelHeader(c: Context<HttpEnv>, asked: string, found: ModelLookup): ModelLookup {
  if (found !== undefined && 'target' in found && found.target !== asked && !c.env.outgoing.headersSent) {
    // A name that a header cannot hold is percent-encoded.
    const { target } = found;
    const value = PRINTABLE.test(target) ? target : encodeURIComponent(target.toWellFormed());
    c.env.outgoing.setHeader(MODEL_HEADER, value);
  }
  return found;
}

/** What a turn is asked for with, besides what its body says of it. */
type Beside = Pick<Caller, 'readsRanTools'> &
  Pick<
    TurnRequest,
    | 'resolved'
    | 'original'
    | 'furtherSettings'
    | 'truncate'
    | 'isPassedOn'
    | 'sessionHint'
    | 'nextSessionHint'
  >;

/**
 * `read` as the workers of its model take it, with what stands beside it, its caller, the name of its conversation and the rights that it
 * has. All turns of one request have one caller. Throws, or rejects as `GrantRights` does; `client-left`: no turn begins for a client that
 * is gone, whatever its request has waited for until now.
 * @param body what its body says of the conversation; a hint in `beside` goes behind that
 */
export function withCaller(
  c: Context<HttpEnv>,
  { grantRights, settings }: Pick<SurfaceContext, 'grantRights' | 'settings'>,
  surface: string,
  read: TurnRequest,
  beside: Beside,
  body?: NamingFields,
): TurnRequest | Promise<TurnRequest> {
  const gone = clientGone(c);
  gone.throwIfAborted();
  const caller = c.get('caller') ?? callerOf(c, surface, beside.readsRanTools);
  c.set('caller', caller);
  const naming = nameSession(c.env.incoming.headers, body, beside.sessionHint);
  const whole = toWholeRequest(read, beside, caller, naming);
  const model = foundModel(beside.resolved);
  const seesImages = model === undefined || model.card.capabilities.includes('vision');
  const hasSettings = beside.furtherSettings !== undefined || Object.keys(read.sampling).length > 0;
  const isPlain = seesImages && !hasSettings && !hasAttachment(read.messages);
  const request = isPlain ? whole : fitToWorkers(c, surface, whole);
  const messages = fitImages(request.messages, settings.maxImages);
  const asked = messages === request.messages ? request : { ...request, messages };
  const granted = grantRights(asked, {
    key: c.get('key')?.rights,
    cwd: readHeader(c.env.incoming.headers, FOLDER_HEADER) || undefined,
  });
  if (!(granted instanceof Promise)) return granted;
  return granted.finally(() => gone.throwIfAborted());
}

/**
 * Every field is there, set or not: what V8 (that of Node 20) copies with a field more than before has a shape of its own each time,
 * which takes longer than all else in this file. The stages of a turn set some of them in copies of their own.
 */
function toWholeRequest(
  { model, system, messages, tools, sampling, format, rights, truncate }: TurnRequest,
  beside: Beside,
  caller: Caller,
  { sessionHint, sessionScope }: Pick<TurnRequest, 'sessionHint' | 'sessionScope'>,
): TurnRequest {
  return {
    model,
    resolved: beside.resolved,
    system,
    messages,
    tools,
    sampling,
    furtherSettings: beside.furtherSettings,
    format,
    original: beside.original,
    caller,
    rights,
    sessionHint,
    nextSessionHint: beside.nextSessionHint,
    sessionScope,
    truncate: beside.truncate ?? truncate,
    isPassedOn: beside.isPassedOn,
    onSent: undefined,
  } satisfies Record<keyof TurnRequest, unknown>;
}

function callerOf(c: Context<HttpEnv>, surface: string, readsRanTools: boolean | undefined): Caller {
  const uuid = c.get('requestUuid');
  const traceParent = readHeader(c.env.incoming.headers, TRACE_HEADER);
  return {
    surface,
    keyId: c.get('keyId'),
    requestId: c.get('requestId'),
    logId: c.get('logId'),
    firstSid: uuid === undefined ? undefined : new FirstSid(uuid),
    readsRanTools,
    traceParent,
  };
}

/** Whose share a request takes of what all share: that of its key, or else that of its address. */
export function clientOf(c: Context<HttpEnv>): string {
  return c.get('keyId') ?? networkOf(c.env.incoming.socket.remoteAddress);
}

/**
 * What one client can take its addresses from at will: an IPv4 address, also one in an IPv6 address, or the first 64 bits of an IPv6
 * address (RFC 4291 §2.5.4): `2001:db8:0:1::/64`.
 * @param address as sockets report it, without leading zeros
 */
export function networkOf(address = ''): string {
  if (!address.includes(':') || address.includes('.')) return address.replace(/^::ffff:/i, '');
  const [head = '', tail] = address.split('%', 1)[0]?.split('::') ?? [];
  const front = head === '' ? [] : head.split(':');
  const back = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - front.length - back.length);
  const groups = [...front, ...Array<string>(zeros).fill('0'), ...back];
  return `${groups.slice(0, 4).join(':')}::/64`;
}

/** A sid for the first prompt of a request, which goes by the request's own id, and for no other. */
class FirstSid {
  readonly sid: string;
  #isTaken = false;

  constructor(sid: string) {
    this.sid = sid;
  }

  take(): string | undefined {
    if (this.#isTaken) return undefined;
    this.#isTaken = true;
    return this.sid;
  }
}

/**
 * A signal that aborts when the connection closes before the answer is complete, streamed or not; one for a request, however
 * many ask. It listens to the response: the request's own `close` fires when its body has been read, or never
 * (test/bench/README.md, "What pays").
 */
export function clientGone(c: Context<HttpEnv>): TurnSignal {
  const known = c.get('gone');
  if (known !== undefined) return known;
  const { outgoing } = c.env;
  const signal = new TurnAbort(() => clientOf(c));
  c.set('gone', signal);
  outgoing.on('close', () => {
    if (!isDelivered(outgoing, c.env.incoming.socket)) signal.abort();
  });
  if (outgoing.destroyed) signal.abort();
  return signal;
}

/**
 * True for an answer that has left this process. Node takes one for written too whose last bytes were dropped with their connection; the
 * socket of a WebSocket's message is closed by its end.
 */
function isDelivered(outgoing: ServerResponse, socket: Socket): boolean {
  return outgoing.writableFinished && (!socket.destroyed || socket instanceof MessageSocket);
}
