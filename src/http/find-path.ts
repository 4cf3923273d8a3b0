/** The route that a request means: base URLs come with a piece too many (`/v1/v1`, `//api`) or too few (`/responses`). */
import { posix } from 'node:path';
import type { Result, Router } from 'hono/router';
import { TrieRouter } from 'hono/router/trie-router';
import type { Route } from './surface.js';

/** What stands before the routes of an API, at this server or at others: `/v1`, `/api/v1`, `/openai/v1`. */
const BASE_PIECES: ReadonlySet<string> = new Set(['v1', 'api', 'openai', 'ollama', 'anthropic']);

/** Where a route is looked for whose base piece is missing. */
const ROOTS = ['v1', 'api'] as const;

/** What users enter as a base URL though it is the whole address of one route. Each without its root, the longest first. */
const ENDPOINTS = [
  'chat/completions',
  'completions',
  'responses',
  'messages',
  'embeddings',
  'chat',
  'generate',
  'embed',
];

/** A request that may only ask which methods there are. */
const ANY_METHOD = 'OPTIONS';

type Address = Pick<Route, 'methods' | 'path'>;

/**
 * The path of a route for a request's method and path, the latter as Hono has it and without a slash at its end. Each
 * decision about a request is made by the answer, so that no guard sees another path than the route does. A path that
 * means no route stays as it is.
 */
export type FindPath = (method: string, path: string) => string;

export function createPathFinder(routes: readonly Address[]): FindPath {
  const fixed = new Map<string, ReadonlySet<string>>();
  const patterns: { readonly expression: RegExp; readonly methods: ReadonlySet<string> }[] = [];
  for (const { methods, path } of routes) {
    const all = new Set<string>([...methods, ...(fixed.get(path) ?? []), ANY_METHOD]);
    if (isPattern(path)) patterns.push({ expression: toExpression(path), methods: all });
    else fixed.set(path, all);
  }
  const takes = (method: string, path: string): boolean =>
    fixed.get(path)?.has(method) === true ||
    patterns.some(({ expression, methods }) => methods.has(method) && expression.test(path));

  return (method, path) => {
    // Nearly every request.
    if (takes(method, path)) return path;
    const candidates = [path, ...otherPaths(path)];
    const meant =
      candidates.find((candidate) => takes(method, candidate)) ??
      candidates.find((candidate) => takes(ANY_METHOD, candidate));
    return meant ?? path;
  };
}

/**
 * A router for Hono that looks a path without parameters up. Hono's own choice takes no `/v1/responses/compact` beside
 * `/v1/responses/:id` in its fast router, and falls back, for all paths, to the one that takes each apart.
 */
export class FixedPathsFirst<T> implements Router<T> {
  readonly name = 'FixedPathsFirst';
  readonly #fixed = new Map<string, Result<T>>();
  readonly #patterns = new TrieRouter<T>();

  /** @param method only `ALL`: each route checks its methods itself */
  add(method: string, path: string, handler: T): void {
    if (!isPattern(path) && method === 'ALL' && !this.#fixed.has(path))
      this.#fixed.set(path, [[[handler, {}]]]);
    else this.#patterns.add(method, path, handler);
  }

  match(method: string, path: string): Result<T> {
    return this.#fixed.get(path) ?? this.#patterns.match(method, path);
  }
}

function isPattern(path: string): boolean {
  return /[:*]/.test(path);
}

/** As Hono reads the paths of routes: `:name`, `:name{.+}`, and `*`, which at the end stands for nothing, too. */
function toExpression(path: string): RegExp {
  const source = path
    .split('/')
    .map((piece) =>
      piece === '*' ? '.*' : /\{\.\+\}$/.test(piece) ? '.+' : piece.startsWith(':') ? '[^/]+' : piece,
    )
    .join('/')
    .replace(/\/\.\*$/, '(?:/.*)?');
  return new RegExp(`^${source}$`, 's');
}

/** What `path` may mean, the likeliest first. */
function otherPaths(path: string): readonly string[] {
  const clean = cleanPath(path);
  const { root, rest } = withoutBase(clean.slice(1));
  const endpoint = ENDPOINTS.find((name) => rest.startsWith(`${name}/`));
  const behind = endpoint === undefined ? undefined : withoutBase(rest.slice(endpoint.length + 1));
  return [
    clean,
    ...atRoots(root, rest),
    ...(behind === undefined ? [] : atRoots(behind.root ?? root, behind.rest)),
  ];
}

/** Without doubled slashes, `.`, `..` and a slash at the end, as Go's `path.Clean`. Begins with a single slash. */
export function cleanPath(path: string): string {
  const clean = posix.normalize(path);
  return clean.length > 1 && clean.endsWith('/') ? clean.slice(0, -1) : clean;
}

/** @returns the last of the base pieces that `path` begins with, and what is behind them */
function withoutBase(path: string): { readonly root: string | undefined; readonly rest: string } {
  let root: string | undefined;
  let start = 0;
  for (;;) {
    const end = path.indexOf('/', start);
    const piece = path.slice(start, end === -1 ? undefined : end);
    if (end === -1 || !BASE_PIECES.has(piece)) return { root, rest: path.slice(start) };
    root = piece;
    start = end + 1;
  }
}

/** The root that the client named comes first: `embeddings` is a route of both. */
function atRoots(named: string | undefined, rest: string): readonly string[] {
  const roots = named === 'api' ? [...ROOTS].reverse() : ROOTS;
  return roots.map((root) => `/${root}/${rest}`);
}

/** True for `parent` and all that stands below it. */
export function isWithin(path: string, parent: string): boolean {
  return path === parent || path.startsWith(`${parent}/`);
}
