/** Prints where the bee of the hive in argv would dial humd now. */
import { loadHive } from '../../dist/hive/load-hive.js';
import { resolveSocketPath } from '../../dist/hive/paths.js';
import { endWithMessage } from './end-with-message.mjs';

try {
  const { env } = process;
  const { config } = loadHive({ kind: process.argv[2], env });
  process.stdout.write(resolveSocketPath({ explicit: config.thrumSock, env, uid: process.getuid() }));
} catch (error) {
  endWithMessage(error);
}
