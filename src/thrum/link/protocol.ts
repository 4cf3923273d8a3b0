/** The version of thrum that this bridge speaks, and the tones that it sends or expects. */

export const PROTOCOL_VERSION = '0.7.0';

/** True if two versions can talk to each other: another minor is no obstacle (src/thrum/README.md, "Handshake"). */
export function sameMajor(one: string, other: string): boolean {
  return one.split('.', 1)[0] === other.split('.', 1)[0];
}

/** Every chi that we send or listen to, for the hello. */
export const CHIS = [
  'hello',
  'prompt',
  'cancel',
  'cleanup',
  'tool-call',
  'tool-result',
  'session-ready',
  'chunk',
  'finish',
  'error',
] as const;

/** Tones with a sid that tell a client nothing; they only show that the worker lives. */
const HIDDEN_CHIS: ReadonlySet<string> = new Set([
  'tool-info',
  'tool-result',
  'permission-ask',
  'pulse',
  'perf-mark',
  'drone',
  'tool-meta',
  'tendril-reach',
  'log',
  'breath',
  'echo',
]);

/** True for a chi that the spec knows and this bridge passes over. */
export function isHidden(chi: string): boolean {
  return HIDDEN_CHIS.has(chi);
}
