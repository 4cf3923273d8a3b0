/**
 * The routes that Ollama passes on to its cloud, which is switched off here
 * (src/http/ollama/README.md, "Cloud and account").
 */
import { Fault } from '../../core/fault.js';
import { type BodyLimits, readBody } from '../body/read-body.js';
import { jsonAnswer } from './json-answer.js';
import type { Answering } from './route.js';

export const CLOUD_STATUS = jsonAnswer({ cloud: { disabled: true, source: 'config' } });

export const NO_RECOMMENDATIONS = jsonAnswer({ recommendations: [] });

/** Wants a body, of whatever kind, before it says no. @param feature `web search` */
export function cloudFeature(feature: string, limits: BodyLimits): Answering {
  return async (c) => {
    const body = await readBody(c.env.incoming, limits);
    if (body.toString('latin1').trim() === '') throw new Fault('bad-request', 'missing request body');
    throw new Fault('forbidden', `ollama cloud is disabled: ${feature} is unavailable`);
  };
}
