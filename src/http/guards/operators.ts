/**
 * What is meant for the people who run the bridge: for them alone, but for the page, which contains nothing of the bridge.
 */
import type { Context } from 'hono';
import { Fault } from '../../core/fault.js';
import type { HttpEnv } from '../surface.js';
import { isLoopbackAddress } from './loopback.js';

/** What proxies add: then the client is not the one who is connected. */
const FORWARDING_HEADERS = ['forwarded', 'x-forwarded-for', 'x-real-ip'];

/** Where the page is. */
export const PAGE_PATH = '/ui';

/** The page's parts, which are served below its path. */
const PAGE_PARTS = [
  'page.css',
  'main.js',
  'ask-bridge.js',
  'assembled-answer.js',
  'chart.js',
  'conversation-view.js',
  'copy.js',
  'element.js',
  'errors.js',
  'images.js',
  'key-form.js',
  'markdown.js',
  'pane.js',
  'playground.js',
  'request-code.js',
  'run-chat.js',
  'status-view.js',
  'stream-lines.js',
  'surfaces.js',
  'table-view.js',
  'theme.js',
  'tone-watch.js',
  'tools.js',
] as const;

export type PagePart = (typeof PAGE_PARTS)[number];

const PAGE_PATHS: ReadonlySet<string> = new Set([
  PAGE_PATH,
  `${PAGE_PATH}/`,
  ...PAGE_PARTS.map((part) => `${PAGE_PATH}/${part}`),
]);

/** True for the name of a part. */
export function isPagePart(name: string): name is PagePart {
  return PAGE_PARTS.some((part) => part === name);
}

/** Throws `forbidden` unless the request came with a key of an operator, or without any from this machine itself. */
export function requireOperator(c: Context<HttpEnv>): void {
  const key = c.get('key');
  if (key?.isOperator || (key === undefined && isFromThisMachine(c))) return;
  if (key !== undefined)
    throw new Fault('forbidden', 'this is only for keys of operators, and this key is none');
  throw new Fault(
    'forbidden',
    'this is only for callers on the same machine; to reach it from elsewhere, configure an API key and send it',
  );
}

/** True if the client is on this machine, as far as the connection reveals. */
function isFromThisMachine(c: Context<HttpEnv>): boolean {
  const { incoming } = c.env;
  return (
    isLoopbackAddress(incoming.socket.remoteAddress) &&
    FORWARDING_HEADERS.every((name) => incoming.headers[name] === undefined)
  );
}

/**
 * True where a GET or HEAD is a browser on this machine that opens the page. It has no way to send a key for that: the page asks for one, and
 * sends it with its requests to the bridge.
 */
export function isOwnPage(c: Context<HttpEnv>): boolean {
  return PAGE_PATHS.has(c.req.path) && isFromThisMachine(c);
}
