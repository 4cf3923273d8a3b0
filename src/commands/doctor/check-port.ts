/** Is the hive's port free, or in the hands of a bridge that runs already? */
import { createServer } from 'node:net';
import type { HiveConfig } from '../../hive/config-keys.js';
import { envNameOf } from '../../hive/env-variables.js';
import { systemCodeOf } from '../../hive/system-code.js';
import { readText } from '../../core/read-text.js';
import { toDialledHost } from '../../run/own-address.js';
import type { Verdict } from './finding.js';

export interface CheckedPort {
  readonly verdict: Verdict;
  /** True if a bridge has the port. */
  readonly isRunning: boolean;
}

export async function checkPort(config: HiveConfig): Promise<CheckedPort> {
  const { kind, host, port } = config;
  const code = await tryPort(host, port);
  if (code !== 'EADDRINUSE') return { verdict: judgeCode(code, config), isRunning: false };
  const holder = await findHolder(host, port);
  const setPort = `${envNameOf(kind, 'port')}=0 for any free one`;
  const verdict = toVerdict(holder, `port ${port} on ${host}`, setPort);
  return { verdict, isRunning: holder.type === 'bridge' };
}

function judgeCode(code: string | undefined, { kind, host, port }: HiveConfig): Verdict {
  const where = `port ${port} on ${host}`;
  const setPort = `${envNameOf(kind, 'port')}=0 for any free one`;
  switch (code) {
    case undefined:
      return { status: 'ok', detail: port === 0 ? `any free port on ${host}` : `${where} is free` };
    case 'EACCES':
      return {
        status: 'fail',
        detail: `${where} needs more rights than this user has`,
        remedy: `set ${envNameOf(kind, 'port')} to a port above 1023`,
      };
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return {
        status: 'fail',
        detail: `this machine has no address ${host} (${code})`,
        remedy: `set ${envNameOf(kind, 'host')} to 127.0.0.1, or to an address of this machine`,
      };
    default:
      return {
        status: 'fail',
        detail: `${where} cannot be had (${code})`,
        remedy: `set another port: ${setPort}`,
      };
  }
}

function toVerdict(holder: Holder, where: string, setPort: string): Verdict {
  switch (holder.type) {
    case 'bridge':
      return {
        status: 'ok',
        detail: `a running thrum-bridge answers on ${where}${holder.isReady ? '' : ', and says that it is not ready'}`,
      };
    case 'ollama':
      return {
        status: 'fail',
        detail: `${where} is taken by Ollama ${holder.version}, or by something that answers as it does`,
        remedy: `stop it (sudo systemctl stop ollama), or set another port: ${setPort}`,
      };
    case 'other':
      return {
        status: 'fail',
        detail: `${where} is taken by another program`,
        remedy: `find it (ss -ltnp, lsof -i) and stop it, or set another port: ${setPort}`,
      };
    default:
      return holder satisfies never;
  }
}

/** Takes the port for a moment. The system's error code if it cannot be had (`EADDRINUSE`), or undefined. */
function tryPort(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => resolve(systemCodeOf(error) ?? error.message));
    server.listen({ host, port }, () => server.close(() => resolve(undefined)));
  });
}

/** `bridge`: one of ours; `ollama`: something that answers as Ollama does. */
type Holder =
  | { readonly type: 'bridge'; readonly isReady: boolean }
  | { readonly type: 'ollama'; readonly version: string }
  | { readonly type: 'other' };

const ANSWER_TIMEOUT_MS = 1_500;
/** What tells who listens is short. */
const MAX_ANSWER_BYTES = 64 * 1024;

/** Asks it. Never rejects: who does not answer in time, or not over HTTP, is `other`. */
async function findHolder(host: string, port: number): Promise<Holder> {
  const base = `http://${toDialledHost(host)}:${port}`;
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
    return await readText(await fetch(url, { signal, headers: { connection: 'close' } }), MAX_ANSWER_BYTES);
  } catch {
    // Whatever listens there speaks no HTTP, or not with us: that is the answer.
    return undefined;
  }
}
