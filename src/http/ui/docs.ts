/** The OpenAPI document's description of the routes for the people who run the bridge. */
import { z } from 'zod';
import { CODED_ERROR } from '../openapi/coded-error.js';
import { json, type SurfaceDocs } from '../route-docs.js';

/** All its fields, which grow, are in `observe/status.ts`. */
const status = z.looseObject({
  version: z.string(),
  kind: z.string(),
  hid: z.string(),
  startedAt: z.string(),
});

export const UI_DOCS: SurfaceDocs = {
  tag: 'operators',
  description: 'For the people who run the bridge: from the same machine, or with a key of an operator.',
  error: json(CODED_ERROR),
  routes: {
    'GET /ui': { summary: 'The page.', answers: { 200: { 'text/html': 'text' }, 304: {} } },
    'GET /ui/:part': {
      summary: 'A file of the page.',
      answers: { 200: { 'text/javascript': 'text', 'text/css': 'text' }, 304: {} },
    },
    'GET /ui/api/status': {
      summary: 'How the bridge is doing now.',
      answers: { 200: json({ name: 'BridgeStatus', schema: status }) },
    },
    'GET /ui/api/tones': {
      summary: 'The tones of one request to come, as they go by.',
      query: {
        request:
          'The x-request-id that the request will have: `ui-` and 16 to 64 letters, digits and dashes.',
      },
      answers: { 200: { 'text/event-stream': 'text' } },
    },
    'GET /metrics': { summary: 'Figures for Prometheus.', answers: { 200: { 'text/plain': 'text' } } },
  },
};
