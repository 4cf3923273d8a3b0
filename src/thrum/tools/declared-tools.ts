/**
 * The tools of clients that stand in our hello, so that humd routes their calls and results (src/thrum/README.md, "Tool results"). Each
 * definition in use has a name of its own on the mesh: two clients whose tools have one name never get each other's calls.
 */
import { createHash } from 'node:crypto';
import type { TurnSignal } from '../../core/abort.js';
import { Fault } from '../../core/fault.js';
import type { Tool } from '../../core/request.js';
import { Waiters } from '../../core/waiters.js';
import type { DeclaredTool } from '../link/hello.js';

/** `mcp__hum__` goes before it, and the model's API takes 64 characters (src/thrum/README.md, "The claude-cli worker"). */
export const LONGEST_MESH_NAME = 54;
const HASH_CHARACTERS = 12;

/** How many definitions may stand in a hello, and how large they may be together, in bytes of JSON. */
export const MAX_DEFINITIONS = 256;
export const MAX_DEFINITION_BYTES = 2 ** 20;
/** How long a definition stays in the hello when no turn uses it any more, in ms: its next turn finds it there. */
export const UNUSED_MS = 5 * 60_000;

interface Definition {
  readonly declared: DeclaredTool;
  readonly bytes: number;
  /** How many turns use it. */
  users: number;
  /** When the last one stopped, in ms on the monotonic clock. */
  unusedSince: number;
}

/** The tools of one turn while they are in use. */
export interface DeclaredUse {
  /** What each of them is called for the client, by what it is called on the mesh. */
  readonly clientNames: ReadonlyMap<string, string>;
  /** May be called twice. */
  release(): void;
}

export interface DeclaredToolsOptions {
  /** Tells this process from all others on the mesh, also after a restart: its hid. */
  readonly owner: string;
  /** From the configuration: always there, under their own names. */
  readonly configured: readonly DeclaredTool[];
  /** Has the hello sent anew, over the link that is up; what is sent behind it relies on it. */
  declare(): void;
  /** Lets go of a session that is only kept for a next request and that has tools in use. False: there is none. */
  letGoKept(): boolean;
  /** In ms on the monotonic clock. */
  now(): number;
}

export class DeclaredTools {
  readonly #options: DeclaredToolsOptions;
  readonly #configured: ReadonlyMap<string, DeclaredTool>;
  /** By their names on the mesh, in the order in which they came: a hello lists them in that order. */
  readonly #definitions = new Map<string, Definition>();
  #bytes = 0;
  /** Turns that wait until there is room for their tools. */
  readonly #waiting = new Waiters<object>();

  constructor(options: DeclaredToolsOptions) {
    this.#options = options;
    this.#configured = new Map(options.configured.map((tool) => [tool.name, tool]));
  }

  /** What a hello lists. */
  list(): readonly DeclaredTool[] {
    return [...this.#configured.values(), ...[...this.#definitions.values()].map(({ declared }) => declared)];
  }

  /** True for a name that stands in our hello. */
  has(meshName: string): boolean {
    return this.#definitions.has(meshName) || this.#configured.has(meshName);
  }

  /** True for a tool of the configuration: it stands in the hello, and must not stand in a prompt as well. */
  isConfigured(name: string): boolean {
    return this.#configured.has(name);
  }

  /** The names that stand in our hello. */
  names(): Iterable<string> {
    return [...this.#configured.keys(), ...this.#definitions.keys()];
  }

  /** What those of the tools are called on the mesh that do not stand in the hello yet. */
  newNames(tools: readonly Tool[]): readonly string[] {
    return tools.map((tool) => this.#nameOf(tool)).filter((name) => !this.has(name));
  }

  /**
   * Takes tools into use, and declares those that are not declared yet. Waits while they have no room beside those in use. Rejects
   * with `busy` after `timeoutMs`, with `bad-request` for tools that can never have room, or with the signal's reason.
   */
  async use(tools: readonly Tool[], timeoutMs: number, signal: TurnSignal): Promise<DeclaredUse> {
    const wanted = new Map(tools.map((tool) => [this.#nameOf(tool), tool]));
    const missing = () => [...wanted].filter(([name]) => !this.has(name));
    requireSmall(wanted);
    const deadline = this.#options.now() + timeoutMs;
    while (!this.#makeRoom(missing(), wanted)) {
      if (this.#options.letGoKept()) continue;
      const leftMs = deadline - this.#options.now();
      await this.#waiting.add({}, { signal, timeoutMs: leftMs, late: tooManyTools });
    }
    const added = missing();
    for (const [name, tool] of added) this.#add(name, tool);
    for (const name of wanted.keys()) {
      const definition = this.#definitions.get(name);
      if (definition !== undefined) definition.users++;
    }
    if (added.length > 0) this.#options.declare();
    return this.#toUse(wanted);
  }

  /** Takes definitions out that no turn has used for long; the last ones stay, so that no stale list is left at a worker. */
  sweep(): void {
    const now = this.#options.now();
    let hasChanged = false;
    for (const [name, { users, unusedSince }] of this.#definitions) {
      if (this.#definitions.size === 1) break;
      if (users > 0 || now - unusedSince < UNUSED_MS) continue;
      this.#remove(name);
      hasChanged = true;
    }
    if (hasChanged) this.#options.declare();
  }

  #toUse(wanted: ReadonlyMap<string, Tool>): DeclaredUse {
    let isInUse = true;
    return {
      clientNames: new Map([...wanted].map(([meshName, { name }]) => [meshName, name])),
      release: () => {
        if (!isInUse) return;
        isInUse = false;
        const now = this.#options.now();
        for (const name of wanted.keys()) {
          const definition = this.#definitions.get(name);
          if (definition === undefined) continue;
          definition.users--;
          definition.unusedSince = now;
        }
        this.#waiting.resolveAll();
      },
    };
  }

  /** Takes the longest unused definitions out until the missing ones fit. False: too many are in use. */
  #makeRoom(missing: readonly (readonly [string, Tool])[], wanted: ReadonlyMap<string, Tool>): boolean {
    const bytes = missing.reduce((sum, [name, tool]) => sum + sizeOf(toDeclared(name, tool)), 0);
    const hasRoom = () =>
      this.#definitions.size + missing.length <= MAX_DEFINITIONS &&
      this.#bytes + bytes <= MAX_DEFINITION_BYTES;
    const unused = [...this.#definitions]
      .filter(([name, { users }]) => users === 0 && !wanted.has(name))
      .sort(([, one], [, other]) => one.unusedSince - other.unusedSince);
    for (const [name] of unused) {
      if (hasRoom()) break;
      this.#remove(name);
    }
    return hasRoom();
  }

  #add(name: string, tool: Tool): void {
    const declared = toDeclared(name, tool);
    const bytes = sizeOf(declared);
    this.#definitions.set(name, { declared, bytes, users: 0, unusedSince: this.#options.now() });
    this.#bytes += bytes;
  }

  #remove(name: string): void {
    this.#bytes -= this.#definitions.get(name)?.bytes ?? 0;
    this.#definitions.delete(name);
  }

  /** A tool of the configuration keeps its name; any other gets one that says what it is, and that no other definition has. */
  #nameOf(tool: Tool): string {
    if (this.#configured.has(tool.name)) return tool.name;
    const { name, description = '', inputSchema } = tool;
    const hash = createHash('sha256')
      .update(JSON.stringify([this.#options.owner, name, description, inputSchema]))
      .digest('hex')
      .slice(0, HASH_CHARACTERS);
    const readable = name.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, LONGEST_MESH_NAME - HASH_CHARACTERS - 1);
    return `${readable}_${hash}`;
  }
}

function toDeclared(name: string, { description = '', inputSchema }: Tool): DeclaredTool {
  // One schema without a type has the CLI drop the whole list.
  const schema = inputSchema['type'] === 'object' ? inputSchema : { ...inputSchema, type: 'object' };
  return { name, description, inputSchema: schema };
}

function sizeOf(tool: DeclaredTool): number {
  return Buffer.byteLength(JSON.stringify(tool));
}

function requireSmall(wanted: ReadonlyMap<string, Tool>): void {
  const bytes = [...wanted].reduce((sum, [name, tool]) => sum + sizeOf(toDeclared(name, tool)), 0);
  if (wanted.size <= MAX_DEFINITIONS && bytes <= MAX_DEFINITION_BYTES) return;
  const message = `the tools of this request are too many or too large for hum: at most ${MAX_DEFINITIONS} tools and ${MAX_DEFINITION_BYTES} bytes of definitions are taken`;
  throw new Fault('bad-request', message, { param: 'tools' });
}

function tooManyTools(): Fault {
  return new Fault('busy', 'the tools of other requests that run take all the room that hum has for tools', {
    retryAfterSeconds: 5,
  });
}
