/** Who listens on a port that is taken? */

/** `bridge`: one of ours; `ollama`: something that answers as Ollama does. */
export type Holder =
  | { readonly type: 'bridge'; readonly isReady: boolean }
  | { readonly type: 'ollama'; readonly version: string }
  | { readonly type: 'other' };

const ANSWER_TIMEOUT_MS = 1_500;

/** Asks it. Never rejects: who does not answer in time, or not over HTTP, is `other`. */
export async function findHolder(host: string, port: number): Promise<Holder> {
  const base = `http://${toReachable(host)}:${port}`;
  const readiness = await ask(`${base}/readyz?verbose`);
  const verdict = /^readyz check (passed|failed)$/m.exec(readiness ?? '')?.[1];
  if (verdict !== undefined) return { type: 'bridge', isReady: verdict === 'passed' };
  const version = /"version":\s*"([\w.+-]{1,40})"/.exec((await ask(`${base}/api/version`)) ?? '')?.[1];
  return version === undefined ? { type: 'other' } : { type: 'ollama', version };
}

/** The body, whatever the status; undefined if there is none. */
async function ask(url: string): Promise<string | undefined> {
  try {
    const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
    return await (await fetch(url, { signal, headers: { connection: 'close' } })).text();
  } catch {
    // Whatever listens there speaks no HTTP, or not with us: that is the answer.
    return undefined;
  }
}

/** All addresses of this machine cannot be dialled, this machine can. */
function toReachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}
