/** Prints where the bee of the hive in argv would dial humd now. */
import { loadConfig } from '../../dist/hive/config.js';
import { resolveSocketPath } from '../../dist/hive/paths.js';
import { endWithMessage } from './end-with-message.mjs';

try {
  const { env } = process;
  const { config } = loadConfig({ kind: process.argv[2], env });
  process.stdout.write(resolveSocketPath({ explicit: config.thrumSock, env, uid: process.getuid() }));
} catch (error) {
  endWithMessage(error);
}
