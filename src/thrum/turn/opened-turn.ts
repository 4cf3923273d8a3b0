/** What a turn is to whoever opened it. */
import type { Event } from '../../core/event.js';
import type { EventStream } from './event-stream.js';
import type { Session } from './session.js';

/** A turn that has begun. */
export interface OpenedTurn {
  readonly events: AsyncIterable<readonly Event[]>;
  /** Characters that the model was given to read. */
  readonly promptCharacters: number;
  /** The client has left. */
  leave(): void;
  /** The model's own session id, once the worker has told it. */
  nestId(): string | undefined;
}

/** The turn of `session` whose events are `events`: a session has other ones after each time that it is parked. */
export function toOpenedTurn(session: Session, events: EventStream, promptCharacters: number): OpenedTurn {
  return { events, promptCharacters, leave: () => events.leave(), nestId: () => session.nestId };
}
