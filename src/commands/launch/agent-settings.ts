/** What a coding agent has to be told to ask a bridge. Pure. */
import type { Agent } from '../../run/command-line/invocation.js';

/** What is known of the bridge that the agent is to ask. */
export interface BridgeFacts {
  /** Where its routes begin, with a slash at its end. */
  readonly base: URL;
  readonly key: string | undefined;
  readonly model: OfferedModel;
  /** All that workers serve now. */
  readonly models: readonly OfferedModel[];
  /** What the agent's conversations are called. */
  readonly session: string;
}

export interface OfferedModel {
  readonly id: string;
  /** How much it can read, in tokens; undefined where that is not known. */
  readonly contextLength: number | undefined;
}

export interface AgentSettings {
  readonly program: string;
  /** How it is installed. */
  readonly installation: string;
  readonly env: Readonly<Record<string, string>>;
  /** Ahead of what the user gives the agent. */
  readonly args: readonly string[];
}

/** For agents that insist on a key, where the bridge asks for none. */
const ANY_KEY = 'any';
const SESSION_HEADER = 'x-hum-session';

/** The names that Claude Code has for models of three sizes. */
const CLAUDE_SIZES = ['opus', 'sonnet', 'haiku'] as const;

const CODEX_PROVIDER = 'hum';
const CODEX_KEY_VARIABLE = 'HUM_API_KEY';

/** @param env what the user has set already */
export function toAgentSettings(
  agent: Agent,
  world: BridgeFacts,
  env: Readonly<Record<string, string | undefined>>,
): AgentSettings {
  switch (agent) {
    case 'claude':
      return toClaudeSettings(world, env);
    case 'codex':
      return toCodexSettings(world);
    default:
      return agent satisfies never;
  }
}

/** Claude Code (documentation of August 2026, "Environment variables" and "LLM gateway"). */
function toClaudeSettings(
  { base, key = ANY_KEY, model, models, session }: BridgeFacts,
  { ANTHROPIC_CUSTOM_HEADERS: headers = '' }: Readonly<Record<string, string | undefined>>,
): AgentSettings {
  const own = headers.split('\n').filter((line) => line.trim() !== '' && !isSessionHeader(line));
  const sizes = CLAUDE_SIZES.map((size) => [
    `ANTHROPIC_DEFAULT_${size.toUpperCase()}_MODEL`,
    (model.id.includes(size) ? model : (models.find(({ id }) => id.includes(size)) ?? model)).id,
  ]);
  return {
    program: 'claude',
    installation: 'npm install -g @anthropic-ai/claude-code',
    env: {
      // It puts its own `/v1` behind that.
      ANTHROPIC_BASE_URL: base.href.replace(/\/$/, ''),
      ANTHROPIC_AUTH_TOKEN: key,
      // One of Anthropic's own would go along.
      ANTHROPIC_API_KEY: '',
      ANTHROPIC_MODEL: model.id,
      ...Object.fromEntries(sizes),
      ANTHROPIC_CUSTOM_HEADERS: [...own, `${SESSION_HEADER}: ${session}`].join('\n'),
      // A line of its own ahead of the system text, which says nothing to other models.
      CLAUDE_CODE_ATTRIBUTION_HEADER: '0',
      ...(model.contextLength === undefined
        ? {}
        : { CLAUDE_CODE_AUTO_COMPACT_WINDOW: String(model.contextLength) }),
    },
    args: [],
  };
}

function isSessionHeader(line: string): boolean {
  return line.trim().toLowerCase().startsWith(`${SESSION_HEADER}:`);
}

/** Codex (its `config.toml`, as options of the command line). Text as JSON is text as TOML. */
function toCodexSettings({ base, key = ANY_KEY, model, session }: BridgeFacts): AgentSettings {
  const provider = {
    name: CODEX_PROVIDER,
    base_url: new URL('v1', base).href,
    env_key: CODEX_KEY_VARIABLE,
    wire_api: 'responses',
  };
  const fields = Object.entries(provider).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  const headers = `http_headers={${JSON.stringify(SESSION_HEADER)}=${JSON.stringify(session)}}`;
  const settings = [
    `model_provider=${JSON.stringify(CODEX_PROVIDER)}`,
    `model_providers.${CODEX_PROVIDER}={${[...fields, headers].join(',')}}`,
    ...(model.contextLength === undefined ? [] : [`model_context_window=${model.contextLength}`]),
  ];
  return {
    program: 'codex',
    installation: 'npm install -g @openai/codex',
    env: { [CODEX_KEY_VARIABLE]: key },
    args: [...settings.flatMap((setting) => ['-c', setting]), '-m', model.id],
  };
}

/** A name that can stand in a header and in TOML: letters, digits, and a few signs. */
export function isSessionName(text: string): boolean {
  return /^[\w.:@/-]{1,200}$/.test(text);
}
