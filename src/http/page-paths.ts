/** Where the page for the people who run the bridge is: files that are the same for everybody and say nothing of the bridge. */
import type { Context } from 'hono';
import { isFromHere } from './guards/local-only.js';
import type { HttpEnv } from './surface.js';

export const PAGE_PATH = '/ui';

/** The page's parts, which are served below its path. */
const PAGE_PARTS = [
  'page.css',
  'main.js',
  'ask-bridge.js',
  'assembled-answer.js',
  'element.js',
  'key-form.js',
  'pane.js',
  'playground.js',
  'run-chat.js',
  'sparkline.js',
  'status-view.js',
  'stream-lines.js',
  'surfaces.js',
  'table-view.js',
  'theme.js',
  'tone-watch.js',
  'tools.js',
] as const;

export type PagePart = (typeof PAGE_PARTS)[number];

/** True for the name of a part. */
export function isPagePart(name: string): name is PagePart {
  return PAGE_PARTS.some((part) => part === name);
}

const PATHS: ReadonlySet<string> = new Set([
  PAGE_PATH,
  `${PAGE_PATH}/`,
  ...PAGE_PARTS.map((part) => `${PAGE_PATH}/${part}`),
]);

/**
 * True for a browser on this machine that opens the page. It has no way to send a key for that: the page asks for one, and
 * shows it with whatever it then asks the bridge.
 */
export function isOwnPage(c: Context<HttpEnv>): boolean {
  const { method, path } = c.req;
  return PATHS.has(path) && (method === 'GET' || method === 'HEAD') && isFromHere(c);
}
