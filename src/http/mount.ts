/** Mounts a surface's routes on the app, with the method and slash rules that every route obeys. */
import type { Context } from 'hono';
import { Fault } from '../core/fault.js';
import type { Handler, HttpEnv, Route, Surface } from './surface.js';

/** Has `on` register `surface`'s routes. A known path with another method is `method-not-allowed`. */
export function mountSurface(surface: Surface, on: (path: string, handle: Handler) => void): void {
  for (const route of surface.routes) {
    on(route.path, (c) => {
      const redirect = surface.acceptsTrailingSlash ? undefined : redirectWithoutSlash(c);
      if (redirect) return redirect;
      if (!takes(route, c.req.method)) {
        throw new Fault('method-not-allowed', 'method not allowed', { allow: route.methods });
      }
      return route.handle(c);
    });
  }
}

/** Hono runs HEAD as GET, and says so only here. */
function takes(route: Route, method: string): boolean {
  return route.methods.some((taken) => taken === method);
}

/** As Ollama's router: 301 for GET, 307 otherwise (spec/ollama.md §0.4). */
function redirectWithoutSlash(c: Context<HttpEnv>): Response | undefined {
  // Nearly every request, for which the whole URL need not be taken apart.
  if (!endsInSlash(c.env.incoming.url ?? '')) return undefined;
  const { pathname, search } = new URL(c.req.url);
  if (pathname === '/' || !pathname.endsWith('/')) return undefined;
  return c.redirect(withoutSlashes(pathname) + search, c.req.method === 'GET' ? 301 : 307);
}

/** @param target of a request: a path, or a whole URL, and perhaps a query */
function endsInSlash(target: string): boolean {
  const query = target.indexOf('?');
  return target.at(query === -1 ? -1 : query - 1) === '/';
}

/** No expression: one that looks for slashes at the end takes quadratic time for many of them elsewhere. */
function withoutSlashes(path: string): string {
  let end = path.length;
  while (end > 1 && path[end - 1] === '/') end--;
  return path.slice(0, end);
}
