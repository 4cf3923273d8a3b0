/** Who is on the mesh, read from what humd writes into `bees.json` (src/thrum/README.md, "Discovery"). */
import { z } from 'zod';
import { readCards, readProblem, type WorkerCard } from './worker-card.js';
import { isJsonObject } from '../core/json-object.js';

/** A bee that answers prompts. */
export interface Worker {
  /** humd's id of the connection. */
  readonly client: string;
  /** The same over all its connections; undefined if it gave none. */
  readonly hid: string | undefined;
  /** Empty if the bee gave none. */
  readonly name: string;
  readonly models: readonly string[];
  /** `stateful_session`, `stateless_per_call` or `ephemeral_per_call`. */
  readonly statefulness: string | undefined;
  /** What it says of itself, in words of its own. */
  readonly provides: readonly string[];
  /** What it knows of its models, by their names. */
  readonly cards?: ReadonlyMap<string, WorkerCard>;
  /** Why it can answer nothing now; undefined where it does not say so. */
  readonly problem?: string | undefined;
}

/** A tool that can be called: humd passes calls to foragers only, a worker that is one, too, among them. */
export interface BeeTool {
  /** humd's id of the connection of the bee that owns it. */
  readonly client: string;
  readonly name: string;
  readonly description: string | undefined;
  /** A JSON Schema, not checked. */
  readonly inputSchema: unknown;
  /** The hid of the bee; undefined if it gave none. */
  readonly hid: string | undefined;
}

/** What the workers that serve one model are together; at least one. */
export interface ServedModel {
  readonly workers: readonly Worker[];
  /** The connection of the only one; undefined where there are more. */
  readonly onlyWorker: string | undefined;
  /** Their kinds, by the names that they gave; each once. */
  readonly kinds: readonly string[];
  /** Who they are and over which connections, as two texts, whatever their order in the roster. */
  readonly workerSet: { readonly set: string; readonly connections: string };
  /** True if each of them remembers its sessions. */
  readonly isStateful: boolean;
}

export interface Roster {
  readonly workers: readonly Worker[];
  /** The models that are served now, by the names that workers list. */
  readonly served: ReadonlyMap<string, ServedModel>;
  readonly tools: readonly BeeTool[];
  /** The hids of all bees. */
  readonly hids: ReadonlySet<string>;
}

/** Strings that say something; everything else in the list, or in place of one, is passed over. */
const texts = z
  .array(z.unknown())
  .catch([])
  .transform((items) => items.filter((item) => typeof item === 'string').filter((item) => item !== ''));

const toolSchema = z.object({
  name: z.string().min(1),
  description: z.string().optional().catch(undefined),
  inputSchema: z.unknown().optional(),
});

const beeSchema = z.object({
  name: z.string().catch(''),
  hid: z.string().optional().catch(undefined),
  bee: texts,
  models: texts,
  tools: z.array(z.unknown()).catch([]),
  provides: texts,
  propensity: z
    .object({ statefulness: z.string().optional().catch(undefined) })
    .catch({ statefulness: undefined }),
});

/** Reads as much as can be understood: entries and fields of another shape are passed over. */
export function parseRoster(json: unknown): Roster {
  const workers: Worker[] = [];
  const tools: BeeTool[] = [];
  const hids = new Set<string>();
  for (const [client, entry] of isJsonObject(json) ? Object.entries(json) : []) {
    const parsed = beeSchema.safeParse(entry);
    if (!parsed.success) continue;
    const { name, hid, bee, models, propensity, provides } = parsed.data;
    if (hid !== undefined) hids.add(hid);
    if (bee.includes('worker')) {
      const cards = readCards(provides);
      const problem = readProblem(provides);
      workers.push({
        ...{ client, hid, name, models, statefulness: propensity.statefulness, provides },
        ...(cards.size > 0 ? { cards } : {}),
        ...(problem === undefined ? {} : { problem }),
      });
    }
    for (const item of bee.includes('forager') ? parsed.data.tools : []) {
      const tool = toolSchema.safeParse(item);
      if (!tool.success) continue;
      const { description, inputSchema } = tool.data;
      tools.push({ client, name: tool.data.name, description, inputSchema, hid });
    }
  }
  return { workers, served: servedBy(workers), tools, hids };
}

/** By exact name, in the order of the roster. */
function servedBy(workers: readonly Worker[]): ReadonlyMap<string, ServedModel> {
  const byModel = new Map<string, Worker[]>();
  for (const worker of workers) {
    for (const model of new Set(worker.models)) {
      const known = byModel.get(model);
      if (known === undefined) byModel.set(model, [worker]);
      else known.push(worker);
    }
  }
  return new Map([...byModel].map(([model, those]) => [model, toServed(those)]));
}

function toServed(workers: readonly Worker[]): ServedModel {
  const [only, another] = workers;
  const toText = (names: readonly string[]) => [...names].sort().join(' ');
  return {
    workers,
    onlyWorker: another === undefined ? only?.client : undefined,
    kinds: [...new Set(workers.map(({ name }) => name))],
    workerSet: {
      set: toText(workers.map(({ hid, client }) => hid ?? client)),
      connections: toText(workers.map(({ client }) => client)),
    },
    isStateful: workers.every(({ statefulness }) => statefulness === 'stateful_session'),
  };
}
