/** The identity of a worker that lasts for one run: a hid from a key that is not stored. */
import { createHash, generateKeyPairSync } from 'node:crypto';

const RAW_PUBLIC_KEY_BYTES = 32;

export function createWorkerHid(): string {
  const { publicKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ type: 'spki', format: 'der' }).subarray(-RAW_PUBLIC_KEY_BYTES);
  return `wbee_${createHash('sha256').update(raw).digest('hex')}`;
}
