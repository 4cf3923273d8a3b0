/** The configuration keys of every bee, forager or worker: what joins it to hum. */
import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { facts } from './key-facts.js';

export const thrumSock = z
  .string()
  .refine(isAbsolute)
  .optional()
  .register(facts, {
    reading: 'string',
    otherEnv: ['HUM_THRUM_SOCK', 'HUM_SOCKET'],
    description: "humd's socket; without it, the usual places are tried at every dial",
    allowed: 'an absolute path',
  });

export const socketCheck = z.enum(['warn', 'refuse', 'off']).register(facts, {
  reading: 'string',
  default: 'warn',
  description: "what to do about a socket that is a link, another user's, or open to others",
  allowed: 'warn, refuse or off',
});

export const source = z.url({ protocol: /^https?$/ }).register(facts, {
  reading: 'string',
  default: 'https://github.com/thrum-bridge/thrum-bridge',
  description: 'address of the source code that hum shows',
  allowed: 'an http or https address',
});
