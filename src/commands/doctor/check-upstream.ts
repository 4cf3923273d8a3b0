/** Does the server in front of which the bridge stands answer, and take the key? */
import { Fault } from '../../core/fault.js';
import type { UpstreamWorkerConfig } from '../../hive/upstream-worker-config.js';
import { readUpstreamKey } from '../../run/start-upstream-worker.js';
import { Upstream } from '../../upstream/upstream.js';
import type { Verdict } from './finding.js';

const LIST_TIMEOUT_MS = 10_000;
const MAX_SHOWN_MODELS = 5;

/** Asks for its models, which costs nothing. */
export async function checkUpstream(config: UpstreamWorkerConfig): Promise<Verdict> {
  const { base, apiKey, models: configured } = config;
  try {
    const upstream = new Upstream({ base, apiKey: readUpstreamKey(apiKey) });
    const listed = await upstream.models(AbortSignal.timeout(LIST_TIMEOUT_MS));
    const models = listed.map(({ id }) => id);
    const missing = configured.filter((name) => !models.includes(name));
    if (missing.length > 0)
      return {
        status: 'warn',
        detail: `${base} answers, but does not list ${missing.join(', ')}`,
        remedy: 'set OPENAI_WORKER_MODELS to models that it has, or to nothing for all that it lists',
      };
    if (models.length === 0)
      return {
        status: 'warn',
        detail: `${base} answers, but lists no models`,
        remedy: 'set OPENAI_WORKER_MODELS to the models that it has',
      };
    const shown = models.slice(0, MAX_SHOWN_MODELS).join(', ');
    const more = models.length > MAX_SHOWN_MODELS ? ', …' : '';
    return { status: 'ok', detail: `${base} answers, and lists ${models.length} models: ${shown}${more}` };
  } catch (error) {
    return {
      status: 'fail',
      detail: `${base}: ${Fault.from(error).message}`,
      remedy: 'start it, or set OPENAI_API_BASE (and OPENAI_API_KEY, if it wants a key) as it is meant',
    };
  }
}
