/** Prints a first configuration file for the hive in argv: what users change most, and what the environment sets now. */
import { loadHive } from '../../dist/hive/load-hive.js';
import { endWithMessage } from './end-with-message.mjs';

const SEEDED = ['host', 'port', 'base', 'apiKey'];
/** A service gets it as `HUM_THRUM_SOCK`, which goes before the file. */
const NOT_SEEDED = ['thrumSock'];

try {
  const { entries } = loadHive({ kind: process.argv[2], env: process.env });
  const seed = entries
    .filter(({ key, source }) => SEEDED.includes(key) || source.type === 'env')
    .filter(({ key }) => !NOT_SEEDED.includes(key))
    .map(({ key, value }) => [key, value ?? '']);
  process.stdout.write(JSON.stringify(Object.fromEntries(seed), undefined, 2));
} catch (error) {
  endWithMessage(error);
}
