/** Is the hive's port free, or in the hands of a bridge that runs already? */
import type { HiveConfig } from '../../hive/config-keys.js';
import { envNameOf } from '../../hive/env-name.js';
import type { Verdict } from './finding.js';
import { findHolder, type Holder } from './find-holder.js';
import { tryPort } from './try-port.js';

export async function checkPort({ kind, host, port }: HiveConfig): Promise<Verdict> {
  const code = await tryPort(host, port);
  const where = `port ${port} on ${host}`;
  const setPort = `${envNameOf(kind, 'port')}=0 for any free one`;
  switch (code) {
    case undefined:
      return { status: 'ok', detail: port === 0 ? `any free port on ${host}` : `${where} is free` };
    case 'EADDRINUSE':
      return toVerdict(await findHolder(host, port), where, setPort);
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
