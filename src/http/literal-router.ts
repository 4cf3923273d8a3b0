/** Finds the handlers of a path. */
import type { Result, Router } from 'hono/router';
import { TrieRouter } from 'hono/router/trie-router';

/**
 * Hono's trie, which can do all that our paths ask of a router and searches for each request anew, with what it found for paths
 * that are routes by themselves: nearly every request. Other paths, of which clients can make as many as they like, are not kept.
 */
export class LiteralRouter<T> implements Router<T> {
  readonly name = 'LiteralRouter';
  readonly #trie = new TrieRouter<T>();
  readonly #literals = new Set<string>();
  /** By method and path. */
  readonly #found = new Map<string, Result<T>>();

  add(method: string, path: string, handler: T): void {
    this.#trie.add(method, path, handler);
    this.#found.clear();
    if (!/[:*?{]/.test(path)) this.#literals.add(path);
  }

  match(method: string, path: string): Result<T> {
    const key = `${method} ${path}`;
    const known = this.#found.get(key);
    if (known !== undefined) return known;
    const found = this.#trie.match(method, path);
    if (METHODS.has(method) && this.#literals.has(path)) this.#found.set(key, found);
    return found;
  }
}

/** A client may write any word for a method. */
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
