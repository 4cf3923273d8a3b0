/** `/v1/hum/sessions`: the conversations that workers remember for an API key. An extension of ours. */
import { Fault } from '../../core/fault.js';
import type { SessionInfo } from '../../core/port.js';
import { respondWhole } from '../answer/respond.js';
import { WireAnswer } from '../answer/wire-answer.js';
import type { Route, SurfaceContext } from '../surface.js';

const PATH = '/v1/hum/sessions';

/** What the bridge cannot delete. */
const NOTE =
  'The bridge goes on with this conversation no more. What the worker itself has written down of it stays: hum’s worker for Claude Code keeps it in ~/.claude/projects of the user that runs humd, and nothing on the wire deletes it.';

export function sessionsRoutes({ sessions }: SurfaceContext): readonly Route[] {
  return [
    {
      methods: ['GET'],
      path: PATH,
      handle: async (c) => {
        const data = (await sessions.list(c.get('keyId'))).map(toEntry);
        return respondWhole(c, WireAnswer.json({ object: 'list', data }));
      },
    },
    {
      methods: ['DELETE'],
      path: `${PATH}/:id`,
      handle: async (c) => {
        const id = c.req.param('id') ?? '';
        if (!(await sessions.delete(id, c.get('keyId'))))
          throw new Fault('not-found', 'No session of this key has this id.', { param: 'id' });
        const answer = { id, object: 'hum.session.deleted', deleted: true, note: NOTE };
        return respondWhole(c, WireAnswer.json(answer));
      },
    },
  ];
}

function toEntry({ id, model, name, state, turns, ageMs, idleMs }: SessionInfo) {
  return {
    id,
    object: 'hum.session',
    model,
    name: name ?? null,
    state,
    turns,
    age_seconds: toSeconds(ageMs),
    idle_seconds: toSeconds(idleMs),
  };
}

function toSeconds(ms: number): number {
  return Math.floor(ms / 1_000);
}
