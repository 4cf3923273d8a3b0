/** What the people who run a bridge can do about a fault. */
import type { FaultCode } from '../core/fault.js';
import type { NestStatus } from './status.js';

/** Who answers, as far as it matters to what can be done. */
export type RemedyNest = Pick<NestStatus, 'answers'>;

/**
 * One sentence for each code; names settings, commands and places to look.
 *
 * @param nest who answers; a humd with its workers where it is not known
 */
export function remedyFor(code: FaultCode, nest?: RemedyNest): string {
  switch (nest?.answers) {
    case 'upstream':
      return UPSTREAM_REMEDIES[code] ?? remedyAtHum(code);
    case 'echo':
      return ECHO_REMEDIES[code] ?? remedyAtHum(code);
    default:
      return remedyAtHum(code);
  }
}

/** Where an OpenAI-compatible server answers: there is no humd, and no worker to be started. */
const UPSTREAM_REMEDIES: Readonly<Partial<Record<FaultCode, string>>> = {
  'model-not-found':
    'Ask for a model that the upstream lists (`thrum-bridge models`), or give it an alias in models.',
  'model-not-served': 'Ask for a model that the upstream lists, or name this one in OPENAI_WORKER_MODELS.',
  'link-down': 'A mistake of the bridge: restart it, and please report its log.',
  'link-lost': 'A mistake of the bridge: restart it, and please report its log.',
  'prompt-lost': 'The process has too much to do: ask again, or have more processes share the port.',
  busy: 'Raise maxTurns, maxQueuedTurns, queueTimeoutMs or turnsPerWorker.',
  'worker-error': 'The upstream failed: its own log says why.',
  'not-offered': 'The upstream does not do this: take another one, or another model of it.',
  'payment-required': "The upstream's provider wants to be paid: look at that account.",
  'limit-reached':
    'The account at the upstream has used up what it may use for now: wait, or raise its limit there.',
  overloaded: 'The upstream has too much to do: ask again in a moment.',
  'no-access': 'Set OPENAI_API_KEY to a key that the upstream takes, and restart the bridge.',
  unreachable: 'Start the server that --upstream or OPENAI_API_BASE names, or correct its address.',
  timeout: 'The upstream said nothing for too long: look at it, or raise turnTimeoutMs.',
};

/** Where nothing but an echo answers. */
const ECHO_REMEDIES: Readonly<Partial<Record<FaultCode, string>>> = {
  'model-not-found':
    'Only an echo answers here: ask for a model that is listed, start humd, or set --upstream.',
  'model-not-served':
    'Only an echo answers here: ask for a model that is listed, start humd, or set --upstream.',
  'not-offered': 'Only an echo answers here: start humd with a bee that does this, or set --upstream.',
  'worker-error': 'The echo did what its prompt says: only a script in a prompt makes it fail.',
};

function remedyAtHum(code: FaultCode): string {
  switch (code) {
    case 'bad-request':
    case 'unprocessable':
    case 'not-found':
    case 'method-not-allowed':
      return 'The client asked for something that this server does not take: the message says what.';
    case 'unauthorized':
      return 'Give the client one of the keys that apiKey holds.';
    case 'forbidden':
      return 'If the client is one of yours, allow it: the message names the setting.';
    case 'model-not-found':
      return 'Ask for a model that is listed, start a worker that serves this one, or give it an alias in models.';
    case 'model-not-served':
      return 'Start a worker that serves this model, or ask for one that `thrum-bridge models` shows a worker for.';
    case 'context-too-long':
      return 'Shorten the conversation, or raise contextLength if the model can read more.';
    case 'body-too-large':
      return 'Send less, or raise maxBodyBytes.';
    case 'body-timeout':
      return 'The client stopped sending its request: look at its network, or raise bodyTimeoutMs.';
    case 'link-down':
      return 'Start humd, or name its socket in thrumSock; `thrum-bridge doctor` finds out what is missing.';
    case 'shutting-down':
      return 'The bridge is stopping; clients should try again when it is back.';
    case 'link-lost':
      return "humd ended or closed the link: its log says why; the client's next request is taken as soon as it is back.";
    case 'busy':
      return 'Raise maxTurns, maxQueuedTurns, queueTimeoutMs or turnsPerWorker, or start another worker.';
    case 'folder-missing':
      return 'Make the folder that cwd names for the hive, the model or the key, or name another one.';
    case 'prompt-lost':
      return 'humd did not take the prompt: look into its log, and whether it is overloaded.';
    case 'output-lost':
      return 'humd dropped a part of the answer because it came faster than it was read: ask again.';
    case 'worker-error':
      return "The worker failed: its own log and its model's account say why.";
    case 'invalid-answer':
      return 'The model does not keep to the schema: simplify the schema, or take another model.';
    case 'tool-failed':
      return 'A tool of another bee failed: look into the log of that bee.';
    case 'not-offered':
      return 'No bee on the mesh does this: start one that does, or name its tool in embedTool.';
    case 'payment-required':
      return "The worker's provider wants to be paid: look at that account.";
    case 'budget-refused':
      return 'The budget that hum keeps is used up: raise it there.';
    case 'rate-limited':
      return 'The caller asks too often: raise requestsPerMinute, or have it slow down.';
    case 'limit-reached':
      return 'The account behind the worker has used up what it may use for now: wait, or raise its limit with its provider.';
    case 'overloaded':
      return "The model's provider has too much to do: ask again in a moment.";
    case 'no-access':
      return 'Log the worker in where it runs (`claude`, then /login), or give it an API key that is valid; for an upstream that is OPENAI_API_KEY or apiKey.';
    case 'unreachable':
      return 'Start the server that --upstream or the worker’s base names, or correct its address.';
    case 'timeout':
      return 'The worker said nothing for too long: look at it, or raise turnTimeoutMs.';
    case 'client-too-slow':
      return 'The client reads more slowly than the model writes: look at its network, or raise maxBufferBytes.';
    case 'client-left':
      return 'The client went away before its answer was whole: nothing to do here.';
    case 'internal':
      return 'A mistake of the bridge: please report the line in its log.';
    default:
      return code satisfies never;
  }
}
