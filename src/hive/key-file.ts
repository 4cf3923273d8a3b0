/** Keeps a bee's secret seed in a file that is written once and never changed. */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { makeFolder } from '../core/make-folder.js';
import { ConfigError } from './config-error.js';
import { systemCodeOf } from './system-code.js';

type Link = (existing: string, added: string) => void;

/** An ed25519 seed. */
export const SEED_BYTES = 32;

/**
 * The 32 bytes in the file at `path`, which is made if it is not there. Processes that make it at the same time get the
 * same bytes. Throws `ConfigError` if the file cannot be read or made, or is not a seed. `link` makes a hard link, as
 * link(2) does.
 */
export function readOrCreateSeed(path: string, link: Link = linkSync): Buffer {
  const seed = readSeed(path);
  if (seed !== undefined) return seed;
  createSeed(path, link);
  const created = readSeed(path);
  if (created === undefined)
    throw new ConfigError(`${path}: the key file was removed while it was made; try again`);
  return created;
}

function readSeed(path: string): Buffer | undefined {
  const bytes = readBytes(path);
  if (bytes === undefined || bytes.length === SEED_BYTES) return bytes;
  throw new ConfigError(
    `${path}: the key file holds ${bytes.length} bytes but must hold ${SEED_BYTES}; restore it from a backup, or move it away to get a new identity`,
  );
}

function readBytes(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    const code = systemCodeOf(error);
    // In the second case making it says what is in the way.
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw cannot('be read', path, error);
  }
}

/** The file appears whole or not at all; if another process was faster, its file stays. */
function createSeed(path: string, link: Link): void {
  const temporary = `${path}.${process.pid}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    makeFolder(dirname(path), 0o700);
    try {
      writeFlushed(temporary, randomBytes(SEED_BYTES));
      moveIntoPlace(temporary, path, link);
    } finally {
      rmSync(temporary, { force: true });
    }
  } catch (error) {
    throw cannot('be made', path, error);
  }
}

function writeFlushed(path: string, bytes: Buffer): void {
  const file = openSync(path, 'wx', 0o600);
  try {
    writeFileSync(file, bytes);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** A link never replaces a file; a rename would, so it is only for file systems without hard links. */
function moveIntoPlace(temporary: string, path: string, link: Link): void {
  try {
    link(temporary, path);
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === 'EEXIST') return;
    if (code === undefined || !NO_HARD_LINKS.has(code)) throw error;
    if (!existsSync(path)) renameSync(temporary, path);
  }
}

const NO_HARD_LINKS: ReadonlySet<string> = new Set([
  'EPERM',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
  'EMLINK',
  'EXDEV',
]);

function cannot(what: 'be read' | 'be made', path: string, error: unknown): ConfigError {
  const code = systemCodeOf(error) ?? 'unknown error';
  const remedy =
    what === 'be made' ? ': set XDG_STATE_HOME, or HOME, to a folder that this user can write' : '';
  return new ConfigError(`${path}: the key file cannot ${what} (${code})${remedy}`, { cause: error });
}
