/** What the clients of a soak do, one after the other and for ever: each errand says whether it was served as it must be. */
import type { Agent } from 'node:http';
import { exchange, type Leave, type Manners } from '../load/exchange.js';
import { at, listAt, textAt } from '../load/json-path.js';
import { judge, type Verdict } from '../load/judge.js';
import { MODEL, type Order, toMessage } from '../load/numbered-worker.js';
import type { LoadRoute, Question } from '../load/route.js';
import { ROUTES, TOOL_ROUTES } from '../load/routes.js';
import type { SeededRandom } from '../load/seeded-random.js';

export interface Place {
  readonly url: string;
  readonly agent: Agent;
  readonly random: SeededRandom;
  /** An id for a turn, never the same twice. */
  nextId(): string;
}

export interface Errand {
  readonly name: string;
  /** How often it is run, next to the others. */
  readonly weight: number;
  run(place: Place): Promise<Verdict>;
}

const BOUND_MS = 30_000;
const MANNERS: Manners = { keepsAlive: true, send: { pieces: 1, pauseMs: 0 }, readPauseMs: 0 };

export const ERRANDS: readonly Errand[] = [
  { name: 'streams', weight: 40, run: (place) => takeTurn(place, true) },
  { name: 'whole answers', weight: 20, run: (place) => takeTurn(place, false) },
  { name: 'tool calls', weight: 10, run: callTool },
  { name: 'aborts', weight: 10, run: leaveEarly },
  { name: 'embeddings', weight: 8, run: embed },
  { name: 'refused requests', weight: 7, run: beRefused },
  { name: 'stored responses', weight: 5, run: storeResponses },
];

/** One errand, as often as its weight says. */
export function pickErrand(random: SeededRandom): Errand {
  let left = random.next() * ERRANDS.reduce((sum, { weight }) => sum + weight, 0);
  for (const errand of ERRANDS) {
    left -= errand.weight;
    if (left < 0) return errand;
  }
  return random.pick(ERRANDS);
}

function createOrder({ random, nextId }: Place): Order {
  return {
    id: nextId(),
    tokens: random.integer(1, 100),
    padding: random.pick([0, 0, 0, 500]),
    paceMs: random.pick([0, 1, 3]),
    dialect: random.pick(['chunk', 'part']),
  };
}

function takeTurn(place: Place, stream: boolean): Promise<Verdict> {
  const order = createOrder(place);
  return ask(place, place.random.pick(ROUTES), order, { stream, withTool: false });
}

/** The client comes back with the result, to a worker that waits for it. */
async function callTool(place: Place): Promise<Verdict> {
  const order = createOrder(place);
  const { id, tokens, padding } = order;
  const first = { ...order, id: place.nextId(), callsToolFirst: { id, tokens, padding } };
  const route = place.random.pick(TOOL_ROUTES);
  const question = { stream: place.random.chance(0.5), withTool: true };
  const verdict = await ask(place, route, first, question);
  if (verdict.kind !== 'calls') return toFailure(verdict, 'no call');
  const results = { calls: verdict.calls, output: toMessage(order) };
  return ask(place, route, order, { ...question, content: toMessage(first), results });
}

async function leaveEarly(place: Place): Promise<Verdict> {
  const { random } = place;
  const leaves: readonly Leave[] = [
    { when: 'before-body' },
    { when: 'mid-body' },
    { when: 'after-request', ms: random.integer(0, 100) },
    { when: 'mid-answer', bytes: random.integer(1, 3_000) },
    { when: 'at-end' },
  ];
  const manners = { ...MANNERS, keepsAlive: random.chance(0.5), leave: random.pick(leaves) };
  const question = { stream: random.chance(0.7), withTool: false };
  return ask(place, random.pick(ROUTES), createOrder(place), question, manners);
}

async function embed(place: Place): Promise<Verdict> {
  const input = Array.from({ length: place.random.integer(1, 8) }, (_, number) => `text ${number}`);
  const isOllama = place.random.chance(0.5);
  const path = isOllama ? '/api/embed' : '/v1/embeddings';
  const { status, body } = await send(place, path, { model: MODEL, input });
  const count = listAt(body, isOllama ? 'embeddings' : 'data').length;
  return expected(status === 200 && count === input.length, `${path} answered ${status} with ${count}`);
}

async function beRefused(place: Place): Promise<Verdict> {
  const route = place.random.pick(ROUTES);
  const question = { content: 'nobody hears this', stream: true, withTool: false };
  const cases = [
    { path: route.path, body: '{"model":', status: 400 },
    { path: route.path, body: { ...route.toBody(question), model: 'nobody-has-it' }, status: 404 },
    { path: '/v1/nothing-here', body: {}, status: 404 },
  ];
  const { path, body, status } = place.random.pick(cases);
  const answer = await send(place, path, body);
  return expected(answer.status === status, `${path} answered ${answer.status} in place of ${status}`);
}

/** A response that is stored, one that goes on from it, a look at it, and its end. */
async function storeResponses(place: Place): Promise<Verdict> {
  const path = '/v1/responses';
  const [first, second] = [createOrder(place), createOrder(place)];
  const one = await send(place, path, { model: MODEL, input: toMessage(first), store: true });
  const id = textAt(one.body, 'id');
  const two = await send(place, path, { model: MODEL, input: toMessage(second), previous_response_id: id });
  const shown = await send(place, `${path}/${id}`, undefined, 'GET');
  const gone = await Promise.all(
    [id, textAt(two.body, 'id')].map((each) => send(place, `${path}/${each}`, undefined, 'DELETE')),
  );
  const statuses = [one, two, shown, ...gone].map(({ status }) => status);
  const isSame = at(shown.body, 'id') === id;
  return expected(isSame && statuses.every((status) => status === 200), `stored: ${statuses.join(' ')}`);
}

async function ask(
  { url, agent }: Place,
  route: LoadRoute,
  order: Order,
  question: Omit<Question, 'content'> & { readonly content?: string },
  manners = MANNERS,
): Promise<Verdict> {
  const { path, endMark } = route;
  const body = JSON.stringify(route.toBody({ content: toMessage(order), ...question }));
  const done = await exchange({ url, path, body, endMark, manners, agent, boundMs: BOUND_MS });
  return judge(done, route, question.stream, order);
}

interface Answer {
  readonly status: number;
  /** Undefined where it is not JSON. */
  readonly body: unknown;
}

/** @param body sent as it is where it is a text, as JSON otherwise */
async function send({ url }: Place, path: string, body: unknown, method = 'POST'): Promise<Answer> {
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  const signal = AbortSignal.timeout(BOUND_MS);
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url + path, {
    method,
    signal,
    headers,
    ...(text !== undefined && { body: text }),
  });
  const answer = await response.text();
  return { status: response.status, body: answer.startsWith('{') ? JSON.parse(answer) : undefined };
}

function expected(isRight: boolean, why: string): Verdict {
  return isRight ? { kind: 'whole' } : { kind: 'lost', why };
}

/** What ended well, but not as it should have. */
function toFailure(verdict: Verdict, why: string): Verdict {
  return verdict.kind === 'whole' ? { kind: 'lost', why } : verdict;
}
