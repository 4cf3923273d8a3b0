/** `GET /ui/api/tones?request=ID`: the tones of a request that the page is about to send, as an event stream. */
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { Fault } from '../../core/fault.js';
import { clientGone } from '../caller.js';
import { requireOperator } from '../guards/operators.js';
import type { Route } from '../surface.js';
import type { UiContext } from './context.js';

/** Tones are what users wrote: only a request that was given such an id, to be watched, can be. */
const WATCHABLE = /^ui-[A-Za-z0-9-]{16,64}$/;

const EVENT_STREAM = { contentType: 'text/event-stream', ping: ': ping\n\n' };

export function tonesRoute({ tones, streams }: UiContext): Route {
  return {
    methods: ['GET'],
    path: '/ui/api/tones',
    handle: async (c) => {
      requireOperator(c);
      const requestId = c.req.query('request') ?? '';
      if (!WATCHABLE.test(requestId))
        throw new Fault('bad-request', 'request must be ui- and 16 to 64 letters, digits and dashes');
      const tap = tones.watch(requestId, c.get('keyId'));
      const gone = clientGone(c);
      gone.addEventListener('abort', () => tap.close());
      if (gone.aborted) tap.close();
      const stream = streams.open(c.env.outgoing, EVENT_STREAM);
      stream.write(': watching\n\n');
      for await (const batch of tap) {
        const text = batch.map((tone) => `data: ${JSON.stringify(tone)}\n\n`).join('');
        if (!stream.write(text)) await stream.drained();
      }
      stream.end();
      return RESPONSE_ALREADY_SENT;
    },
  };
}
