/** What the built program gets to see of its surroundings in a test: nothing but a home of its own. */
import { join } from 'node:path';

/** Everything that hum looks at is within `home`; the ports are free ones. */
export function homeEnvironment(home: string): Readonly<Record<string, string | undefined>> {
  return {
    PATH: process.env['PATH'],
    HOME: home,
    XDG_CONFIG_HOME: join(home, 'config'),
    XDG_STATE_HOME: join(home, 'state'),
    XDG_RUNTIME_DIR: join(home, 'run'),
    OLLAMA_SERVER_PORT: '0',
    OPENAI_SERVER_PORT: '0',
  };
}
