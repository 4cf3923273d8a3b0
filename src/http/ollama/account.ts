/**
 * The routes of an account at ollama.com, which this server has none of. They say "not signed in", as Ollama does, but
 * give no `signin_url`: it would send the user to connect a machine that is not theirs to an account. Its clients take
 * the answer without one (src/http/ollama/README.md, "Command line").
 */
import { Fault } from '../../core/fault.js';

export function answerMe(): never {
  throw new Fault('unauthorized', 'unauthorized');
}

export function answerSignout(): never {
  throw new Fault('unauthorized', 'you are not currently signed in');
}
