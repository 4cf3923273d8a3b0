/** `GET /ui`: the page, and its parts below it. */
import { createHash } from 'node:crypto';
import type { Context } from 'hono';
import { Fault } from '../../core/fault.js';
import { isPagePart, PAGE_PATH, type PagePart, requireOperator } from '../guards/operators.js';
import type { HttpEnv, Route } from '../surface.js';

/** The page loads its own parts alone, and no content that it displays can become a part of it. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ');

const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cache-control': 'no-cache',
};

/** What a server says that has the bridge below a path of its own. */
const PREFIX_HEADER = 'x-forwarded-prefix';
const PREFIX = /^(?:\/[\w.~-]+)+$/;

const HEADERS_OF_MOUNTED = { ...HEADERS, 'content-type': 'text/html; charset=utf-8' };

type PageFileName = PagePart | 'index.html';

interface PageFile {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

export function pageRoutes(): readonly Route[] {
  const files = new Map<PageFileName, Promise<PageFile>>();
  const answer = async (c: Context<HttpEnv>, name: PageFileName): Promise<Response> => {
    requireOperator(c);
    const reading = files.get(name) ?? readPageFile(name);
    files.set(name, reading);
    const { body, headers } = await reading.catch((error: unknown) => {
      files.delete(name);
      throw error;
    });
    if (name === 'index.html') {
      const mounted = toMounted(body, c.req.header(PREFIX_HEADER));
      if (mounted !== undefined)
        return new Response(c.req.method === 'HEAD' ? null : mounted, { headers: HEADERS_OF_MOUNTED });
    }
    const isKnown = c.req.header('if-none-match') === headers['etag'];
    if (isKnown) return new Response(null, { status: 304, headers });
    return new Response(c.req.method === 'HEAD' ? null : body, { headers });
  };
  return [
    { methods: ['GET', 'HEAD'], path: PAGE_PATH, handle: (c) => answer(c, 'index.html') },
    {
      methods: ['GET', 'HEAD'],
      path: `${PAGE_PATH}/:part`,
      handle: (c) => {
        const part = c.req.param('part') ?? '';
        if (!isPagePart(part)) throw new Fault('not-found', 'the page has no such part');
        return answer(c, part);
      },
    },
  ];
}

/** The page with its parts below `prefix`; undefined where that is no path. */
function toMounted(body: string, prefix: string | undefined): string | undefined {
  if (prefix === undefined || !PREFIX.test(prefix)) return undefined;
  return body.replaceAll(`"${PAGE_PATH}/`, `"${prefix}${PAGE_PATH}/`);
}

/** The build puts the page's files beside this module. */
async function readPageFile(name: PageFileName): Promise<PageFile> {
  const { readFile } = await import('node:fs/promises');
  const body = await readFile(new URL(`./page/${name}`, import.meta.url), 'utf8');
  const etag = `"${createHash('sha256').update(body).digest('base64url')}"`;
  return { body, headers: { ...HEADERS, 'content-type': typeOf(name), etag } };
}

function typeOf(name: PageFileName): string {
  if (name.endsWith('.html')) return 'text/html; charset=utf-8';
  return name.endsWith('.css') ? 'text/css; charset=utf-8' : 'text/javascript; charset=utf-8';
}
