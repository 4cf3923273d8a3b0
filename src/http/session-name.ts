/**
 * What a request says of the conversation that it belongs to: the one table of the names that clients send by themselves. A name narrows
 * what is looked for, and the history decides. Who asks is a scope: it tells conversations of several people apart and names none.
 */
import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import { isJsonObject, type JsonObject, parseJson } from '../core/json-object.js';
import type { TurnRequest } from '../core/request.js';
import { readHeader } from './request-headers.js';

interface NamingHeader {
  readonly header: string;
  /** A header that tells the agents of one session apart, each of which has a conversation of its own. */
  readonly agent?: string;
}

/**
 * The first that a request has goes before all others, and before what its body says (src/http/README.md, "Names of conversations").
 */
const NAMES: readonly NamingHeader[] = [
  /** Ours, for any client. */
  { header: 'x-hum-session' },
  /** Claude Code: its subagents share the session. */
  { header: 'x-claude-code-session-id', agent: 'x-claude-code-agent-id' },
  /** opencode, the first for its own providers and the others for all others. */
  { header: 'x-opencode-session' },
  { header: 'x-session-affinity' },
  { header: 'x-session-id' },
  /** Codex: a session may have several threads. Older versions write underscores. */
  { header: 'thread-id' },
  { header: 'thread_id' },
  { header: 'session-id' },
  { header: 'session_id' },
  /** Open WebUI, with ENABLE_FORWARD_USER_INFO_HEADERS. */
  { header: 'x-openwebui-chat-id' },
  /** Clients of LiteLLM, which it passes on. */
  { header: 'x-litellm-session-id' },
  /** hermes-agent, as a proxy. */
  { header: 'x-hermes-session-id' },
];

const SCOPES = ['x-openwebui-user-id', 'x-litellm-end-user-id', 'x-litellm-customer-id'] as const;

/** What bodies have of it; of any type, as most surfaces do not look at all of them. */
export interface NamingFields {
  readonly metadata?: unknown;
  readonly user?: string | null | undefined;
  readonly safety_identifier?: string | null | undefined;
  readonly prompt_cache_key?: string | null | undefined;
}

/** The `metadata` of a body of which nothing else is looked at. */
export const namingMetadata = z.unknown().optional();

type Naming = Pick<TurnRequest, 'sessionHint' | 'sessionScope'>;

/** A longer one names nothing. */
const MAX_NAME_CHARACTERS = 256;

/**
 * The name and the scope of a request's conversation. Pure.
 * @param last the name that goes behind all others
 */
export function nameSession(headers: IncomingHttpHeaders, body: NamingFields = {}, last?: string): Naming {
  const { metadata, user, safety_identifier, prompt_cache_key } = body;
  const { session_id: sessionId, user_id: userId } = isJsonObject(metadata) ? metadata : NO_METADATA;
  const ofUserId = sessionOfClaudeCode(userId);
  const ofUser = sessionOfClaudeCode(user);
  const sessionHint =
    nameInHeaders(headers) ??
    toName(sessionId) ??
    toName(ofUserId) ??
    toName(ofUser) ??
    toName(prompt_cache_key) ??
    toName(last);
  const people = [ofUserId === undefined ? userId : undefined, ofUser === undefined ? user : undefined];
  return { sessionHint, sessionScope: toScope(headers, [...people, safety_identifier]) };
}

const NO_METADATA: JsonObject = {};

function nameInHeaders(headers: IncomingHttpHeaders): string | undefined {
  for (const { header, agent } of NAMES) {
    // Nearly always, and this is asked of every request.
    if (headers[header] === undefined) continue;
    const session = readHeader(headers, header);
    if (!isName(session)) continue;
    const agentId = agent === undefined ? undefined : readHeader(headers, agent);
    return isName(agentId) ? `${session} ${agentId}` : session;
  }
  return undefined;
}

function toName(value: unknown): string | undefined {
  return isName(value) ? value : undefined;
}

function isName(value: unknown): value is string {
  return isPresent(value) && value.length <= MAX_NAME_CHARACTERS && !/\p{Cc}/u.test(value);
}

function isPresent(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** Of any length, and never told to anyone; undefined where nothing is said. */
function toScope(headers: IncomingHttpHeaders, inBody: readonly unknown[]): string | undefined {
  if (!inBody.some(isPresent) && SCOPES.every((name) => headers[name] === undefined)) return undefined;
  const values = [...SCOPES.map((name) => readHeader(headers, name)), ...inBody];
  if (!values.some(isPresent)) return undefined;
  const texts = values.map((value) => (isPresent(value) ? value : null));
  return createHash('sha256').update(JSON.stringify(texts)).digest('base64url');
}

/** Claude Code puts its session into what is meant for the user: `user_…_session_<uuid>`, or, newer, JSON with a `session_id`. */
function sessionOfClaudeCode(userId: unknown): string | undefined {
  if (!isPresent(userId) || userId.length > MAX_USER_ID_CHARACTERS) return undefined;
  if (userId.startsWith('{')) {
    const { session_id: session } = parseObject(userId);
    return isName(session) ? session : undefined;
  }
  return /^user_.*_session_([\da-f-]{36})$/i.exec(userId)?.[1];
}

const MAX_USER_ID_CHARACTERS = 1_024;

function parseObject(text: string): Readonly<Record<string, unknown>> {
  const value = parseJson(text);
  return isJsonObject(value) ? value : {};
}
