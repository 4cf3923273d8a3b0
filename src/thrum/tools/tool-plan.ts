/**
 * What a worker may call in one turn: which tools its prompt carries, which it denies, and what is made of the list that the worker's
 * process gives of its tools when it is up. For workers behind which Claude Code's CLI runs, and which see everything that stands in
 * any bee's hello (src/thrum/README.md, "The claude-cli worker").
 */
import type { Rights } from '../../core/rights.js';
import { EVERY_TOOL, UNDENIABLE_TOOLS } from './claude-tools.js';

/** The CLI's name for hum's server of tools; a name behind it stands for one tool. */
const MESH_SERVER = 'mcp__hum';
const MESH_PREFIX = `${MESH_SERVER}__`;

/** The longest deny list, in bytes of its names with a space between them: it is one argument of a process. */
const MAX_DENIED_BYTES = 131_071;

export interface PlanInput {
  /** The mesh names of the tools that the request brings. */
  readonly own: ReadonlySet<string>;
  readonly rights: Rights | undefined;
  /** Every tool that stands in our own hello. */
  readonly declared: Iterable<string>;
  /** Every tool that stands in the hello of another bee. */
  readonly others: Iterable<string>;
  /** The CLI's own tools, as far as they are known. */
  readonly workerTools: readonly string[];
}

/**
 * The names for a prompt's `disallowedTools`. A request that brings tools has only these; one without any has what its rights say:
 * nothing, the tools of other bees, or the worker's own as well. Each name once; those beyond the longest argument are left out, for
 * `judgeTools` to find.
 */
export function deniedTools({ own, rights, declared, others, workerTools }: PlanInput): readonly string[] {
  const allowed = own.size > 0 ? 'none' : (rights?.workerTools ?? 'none');
  const denied: string[] = allowed === 'all' ? [] : [...workerTools];
  if (own.size === 0 && allowed === 'none') denied.push(MESH_SERVER, EVERY_TOOL);
  else {
    const foreign = allowed === 'none' ? [...declared, ...others] : [...declared];
    for (const name of foreign) if (!own.has(name)) denied.push(MESH_PREFIX + name);
  }
  return withinBytes([...new Set(denied)]);
}

function withinBytes(names: readonly string[]): readonly string[] {
  let bytes = 0;
  const fits = names.findIndex((name) => {
    bytes += Buffer.byteLength(name) + 1;
    return bytes > MAX_DENIED_BYTES;
  });
  return fits === -1 ? names : names.slice(0, fits);
}

export interface ToolsVerdict {
  /** Tools that the process has and this turn must not have: other clients', other bees', or the worker's own. */
  readonly beyond: readonly string[];
  /** Tools of the request that the process does not list; it may connect to them later. */
  readonly missing: readonly string[];
}

/** Compares what a worker's process lists with what its turn may have. */
export function judgeTools(
  listed: readonly string[],
  { own, rights, declared }: Pick<PlanInput, 'own' | 'rights' | 'declared'>,
): ToolsVerdict {
  const allowed = own.size > 0 ? 'none' : (rights?.workerTools ?? 'none');
  const ofClients = new Set(declared);
  const beyond = listed.filter((name) => {
    if (!name.startsWith(MESH_PREFIX)) return allowed !== 'all' && !UNDENIABLE_TOOLS.has(name);
    const meshName = name.slice(MESH_PREFIX.length);
    return own.size > 0 ? !own.has(meshName) : allowed === 'none' || ofClients.has(meshName);
  });
  const present = new Set(listed);
  return { beyond, missing: [...own].filter((name) => !present.has(MESH_PREFIX + name)) };
}

/** The names in a verdict that are the worker's own tools: they can be denied from now on. */
export function ownToolsIn(beyond: readonly string[]): readonly string[] {
  return beyond.filter((name) => !name.startsWith(MESH_PREFIX));
}
