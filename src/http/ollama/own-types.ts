/** Fields that Go reads by code of its own: taken as they are, checked where they are used, and what they may hold. */
import { z } from 'zod';
import { LEVELS, SCALAR_OPTIONS } from './sampling.js';

const NULL = { type: 'null' };

/** Checked by `toKeepAliveMs`. */
export const keepAlive = z
  .unknown()
  .optional()
  .meta({
    anyOf: [{ type: 'number' }, { type: 'string' }, NULL],
    description: 'Seconds, or a duration such as `5m`; 0 unloads, and below it is for ever.',
  });

/** Checked by `toAnswerFormat`. */
export const format = z
  .unknown()
  .optional()
  .meta({
    anyOf: [{ enum: ['json', ''] }, { type: 'object' }, NULL],
    description: '`json`, or a JSON Schema.',
  });

/** Checked by `toReasoningEffort`. */
export const think = z
  .unknown()
  .optional()
  .meta({ anyOf: [{ type: 'boolean' }, { enum: [...LEVELS] }, NULL] });

const JSON_TYPES = { float32: 'number', integer: 'number', boolean: 'boolean' } as const;

/** Checked by `toSampling`; for the `meta` of an object with any keys. */
export const OPTIONS = {
  anyOf: [
    {
      type: 'object',
      properties: {
        ...Object.fromEntries(
          [...SCALAR_OPTIONS].map(([name, type]) => [name, { type: [JSON_TYPES[type], 'null'] }]),
        ),
        stop: { type: ['array', 'null'], items: { type: 'string' } },
      },
    },
    NULL,
  ],
};
