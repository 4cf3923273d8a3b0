/** The bee's stable name on the mesh, derived from a key that stays with the machine (src/hive/README.md, "hid"). */
import { createHash, createPrivateKey, createPublicKey, hkdfSync, randomBytes } from 'node:crypto';
import { readOrCreateSeed, SEED_BYTES } from './key-file.js';

export interface Identity {
  /** `fbee_` (or `wbee_`, a worker's) and 64 hex digits. */
  readonly hid: string;
  /** The same for all with the same key file, and known to none without it: 32 bytes that are derived from the key, as hex digits. */
  readonly secret: string;
}

/** A forager, or a worker. */
export type Role = 'fbee' | 'wbee';

export interface IdentityQuestion {
  readonly keyPath: string;
  /** A forager by default. */
  readonly role?: Role | undefined;
}

/** What stands before the seed in a PKCS #8 ed25519 private key (RFC 8410). */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
const PUBLIC_KEY_BYTES = 32;
const SECRET_BYTES = 32;

/** Reads the key file, or makes it at the first start. Throws `ConfigError` if it cannot or the file is not a key. */
export function loadIdentity({ keyPath, role }: IdentityQuestion): Identity {
  const seed = readOrCreateSeed(keyPath);
  const secret = Buffer.from(hkdfSync('sha256', seed, '', 'thrum-bridge', SECRET_BYTES)).toString('hex');
  return { hid: hidOf(seed, role), secret };
}

/** One that is written nowhere. */
export function temporaryIdentity(): Identity {
  return { hid: hidOf(randomBytes(SEED_BYTES)), secret: randomBytes(SECRET_BYTES).toString('hex') };
}

/** The hid that every implementation of hum derives from this seed of 32 bytes. */
export function hidOf(seed: Buffer, role: Role = 'fbee'): string {
  if (seed.length !== SEED_BYTES) throw new RangeError(`a seed has ${SEED_BYTES} bytes, not ${seed.length}`);
  const privateKey = createPrivateKey({
    key: Buffer.concat([PKCS8_PREFIX, seed]),
    format: 'der',
    type: 'pkcs8',
  });
  const publicKey = createPublicKey(privateKey)
    .export({ format: 'der', type: 'spki' })
    .subarray(-PUBLIC_KEY_BYTES);
  return `${role}_${createHash('sha256').update(publicKey).digest('hex')}`;
}

/** Which of the links of one hive a link is. */
export interface LinkOfHive {
  /** The name of this replica, where several with one key are linked to one humd; undefined for the only one. */
  readonly instance: string | undefined;
  /** Of the process, from 0; undefined where there is only one. */
  readonly processNumber: number | undefined;
}

/**
 * The hid of one link of a hive: humd keeps one entry for each hid, with its tools and the way of their results. The first process of a
 * replica without a name has the hive's own; any other has one that is derived from it, and is the same after a restart.
 */
export function linkHidOf(hid: string, { instance, processNumber = 0 }: LinkOfHive): string {
  if (instance === undefined && processNumber === 0) return hid;
  const [role] = hid.split('_', 1);
  const link = JSON.stringify([hid, instance ?? null, processNumber]);
  return `${role}_${createHash('sha256').update(link).digest('hex')}`;
}
