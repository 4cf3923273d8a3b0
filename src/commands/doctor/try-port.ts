/** Can the address be bound now? */
import { createServer } from 'node:net';
import { systemCodeOf } from '../../hive/system-code.js';

/** Takes the port for a moment. The system's error code if it cannot be had (`EADDRINUSE`), or undefined. */
export function tryPort(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => resolve(systemCodeOf(error) ?? error.message));
    server.listen({ host, port }, () => server.close(() => resolve(undefined)));
  });
}
