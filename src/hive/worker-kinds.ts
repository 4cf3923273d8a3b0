/**
 * Finds out what the workers of a model take: by their kind, and by what they say of themselves, which is the strings `accepts:<what>`
 * (or `accepts:no-<what>`) in the `provides` of their hello.
 */
import { ACCEPTED, UNKNOWN_WORKER, type WorkerProfile } from '../core/worker-profile.js';
import type { Worker } from './parse-roster.js';

/** hum's worker for Claude Code's CLI (src/thrum/README.md, "The claude-cli worker"). */
const CLAUDE_CLI: WorkerProfile = {
  accepts: new Set(),
  greets: true,
  callsMeshTools: true,
  isClaude: true,
  isStub: false,
};

const BY_KIND: ReadonlyMap<string, WorkerProfile> = new Map([
  ['claude-cli', CLAUDE_CLI],
  ['claude-repl', { ...CLAUDE_CLI, isStub: true }],
]);

/** The profile of one worker: that of its kind, with what it says that it accepts. */
export function profileOf({ name, provides }: Pick<Worker, 'name' | 'provides'>): WorkerProfile {
  const known = BY_KIND.get(name) ?? UNKNOWN_WORKER;
  const accepted = ACCEPTED.filter((what) => provides.includes(`accepts:${what}`));
  const denied = ACCEPTED.filter((what) => provides.includes(`accepts:no-${what}`));
  if (accepted.length === 0 && denied.length === 0) return known;
  const accepts = new Set([...known.accepts, ...accepted]);
  for (const what of denied) accepts.delete(what);
  return { ...known, accepts };
}

/**
 * The profile of a model: what every one of its workers takes, because humd gives a prompt to any of them. Workers that never answer
 * do not count where others do.
 */
export function commonProfile(workers: readonly Worker[]): WorkerProfile {
  const profiles = workers.map(profileOf);
  const answering = profiles.filter(({ isStub }) => !isStub);
  const [first, ...others] = answering.length > 0 ? answering : profiles;
  if (first === undefined) return UNKNOWN_WORKER;
  if (others.length === 0) return first;
  const all = [first, ...others];
  return {
    accepts: new Set(ACCEPTED.filter((what) => all.every(({ accepts }) => accepts.has(what)))),
    greets: all.every(({ greets }) => greets),
    callsMeshTools: all.every(({ callsMeshTools }) => callsMeshTools),
    isClaude: all.some(({ isClaude }) => isClaude),
    isStub: all.every(({ isStub }) => isStub),
  };
}
