/** Is the file with the bee's secret key right, and only for its owner? Looks, and makes nothing. */
import { accessSync, constants, existsSync, lstatSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { hidOf, type Role } from '../../hive/identity.js';
import { SEED_BYTES } from '../../hive/key-file.js';
import { systemCodeOf } from '../../hive/system-code.js';
import type { Verdict } from './finding.js';

const OF_OTHERS = 0o077;

/** @param path where it is, or will be made at the first start */
export function checkKeyFile(path: string, role: Role): Verdict {
  let bytes: Buffer;
  let mode: number;
  try {
    mode = lstatSync(path).mode & 0o777;
    bytes = readFileSync(path);
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === 'ENOENT') return absent(path);
    return {
      status: 'fail',
      detail: `${path} cannot be read (${code ?? 'unknown error'})`,
      remedy: `make it yours: chown "$(id -un)" ${path} && chmod 600 ${path}`,
    };
  }
  if (bytes.length !== SEED_BYTES)
    return {
      status: 'fail',
      detail: `${path} holds ${bytes.length} bytes but must hold ${SEED_BYTES}`,
      remedy: `restore it from a backup, or give the hive a new identity: mv ${path} ${path}.broken`,
    };
  if ((mode & OF_OTHERS) !== 0)
    return {
      status: 'warn',
      detail: `${path} has mode ${mode.toString(8).padStart(4, '0')}: others can read or change the secret key`,
      remedy: `chmod 600 ${path}`,
    };
  return { status: 'ok', detail: `${path} is ${hidOf(bytes, role)}` };
}

function absent(path: string): Verdict {
  const obstacle = obstacleTo(dirname(path));
  if (obstacle === undefined) return { status: 'ok', detail: `${path} is made at the first start` };
  return {
    status: 'fail',
    detail: `${path} is not there and cannot be made, as ${obstacle} is not writable`,
    remedy: `chown "$(id -un)" ${obstacle}, or set XDG_STATE_HOME to a folder of yours`,
  };
}

/** The innermost folder of `folder`'s path that exists, if nothing can be made in it; undefined if something can. */
function obstacleTo(folder: string): string | undefined {
  if (!existsSync(folder) && dirname(folder) !== folder) return obstacleTo(dirname(folder));
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return undefined;
  } catch {
    // That is the answer.
    return folder;
  }
}
