/** Tells who answers: the one account that the start line, the status, `/readyz`, the metrics and `doctor` give. */
import type { Model } from '../core/model.js';
import type { LinkState } from '../core/port.js';
import type { Roster } from '../hive/parse-roster.js';
import { profileOf } from '../hive/worker-kinds.js';
import type { NestStatus } from '../observe/status.js';
import type { SocketHealth } from '../thrum/link/client.js';

/** What is known of the daemon within the process. */
export interface EmbeddedFacts {
  /** Why it is there, in a few words. */
  readonly why: string;
  /** The base of the server that answers; null where that is the echo. */
  readonly upstream: string | null;
  /** True if turns go to a humd as soon as one is there. */
  readonly awaitsHum: boolean;
}

export interface NestFacts {
  /** Undefined where turns go to a humd. */
  readonly embedded: EmbeddedFacts | undefined;
  readonly link: LinkState;
  readonly sockets: readonly Pick<SocketHealth, 'socket' | 'state'>[];
  /** Of the daemon that the link is up to; undefined if it cannot be read. */
  readonly roster: Roster | undefined;
  readonly models: readonly Pick<Model, 'service'>[];
}

export function toNestStatus(facts: NestFacts): NestStatus {
  const { embedded } = facts;
  const problem = findProblem(facts);
  return {
    type: embedded === undefined ? 'hum' : 'embedded',
    answers: embedded === undefined ? 'humd' : embedded.upstream === null ? 'echo' : 'upstream',
    socket:
      embedded === undefined ? (facts.sockets.find(({ state }) => state === 'up')?.socket ?? null) : null,
    upstream: embedded?.upstream ?? null,
    ready: problem === null,
    problem,
    text: embedded === undefined ? describeHum(facts, problem) : describeEmbedded(embedded, problem),
  };
}

/** Why no turn can be answered, without a path or an address; null if one can, as far as is known. */
function findProblem({ embedded, link, roster, models }: NestFacts): string | null {
  if (link !== 'up')
    return embedded === undefined ? 'humd does not answer' : 'the daemon within this process does not answer';
  if (roster === undefined) return null;
  const { workers } = roster;
  const isAble = workers.some(
    (worker) => worker.models.length > 0 && worker.problem === undefined && !profileOf(worker).isStub,
  );
  // A model that only makes embeddings has no worker.
  const isServedByTool = workers.length === 0 && models.some(({ service }) => service === 'live');
  if (isAble || isServedByTool) return null;
  const reported = workers.find(({ problem }) => problem !== undefined)?.problem;
  if (reported !== undefined) return reported;
  if (workers.length === 0) return 'no worker is on the mesh';
  const names = [...new Set(workers.map(({ name }) => name || 'a worker without a name'))];
  return `no worker on the mesh answers a prompt: there is only ${names.join(', ')}`;
}

function describeHum({ link, sockets }: NestFacts, problem: string | null): string {
  const live = sockets.find(({ state }) => state === 'up');
  if (live === undefined || link !== 'up')
    return `humd (not there yet) at ${sockets.map(({ socket }) => socket).join(', ')}`;
  return problem === null ? `humd at ${live.socket}` : `humd at ${live.socket}: ${problem}`;
}

function describeEmbedded({ why, upstream, awaitsHum }: EmbeddedFacts, problem: string | null): string {
  const echo = awaitsHum ? 'nothing but an echo answers until one is there' : 'nothing but an echo answers';
  const server = problem === null ? `${upstream} answers` : `${upstream} does not answer: ${problem}`;
  return `embedded (${why}): ${upstream === null ? echo : server}`;
}
