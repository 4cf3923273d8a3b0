/** The OpenAPI document's description of itself and of the routes that belong to no surface. */
import { z } from 'zod';
import { json, type SurfaceDocs } from '../route-docs.js';
import { CODED_ERROR } from './coded-error.js';

export const OPENAPI_DOCS: SurfaceDocs = {
  tag: 'bridge',
  description: 'Whether the bridge is well, and what it offers.',
  error: json(CODED_ERROR),
  routes: {
    'GET /openapi.json': {
      summary: 'This document.',
      answers: { 200: json({ name: 'OpenApiDocument', schema: z.looseObject({ openapi: z.string() }) }) },
    },
    'GET /healthz': {
      summary: 'The process lives.',
      answers: { 200: { 'text/plain': 'text' } },
      isOpen: true,
    },
    'GET /readyz': {
      summary: 'humd is in reach and the bridge does not stop.',
      query: { verbose: 'How each humd is doing, a line each.' },
      answers: { 200: { 'text/plain': 'text' }, 503: { 'text/plain': 'text' } },
      isOpen: true,
    },
  },
};
