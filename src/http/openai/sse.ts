/**
 * The event streams of chats, completions and responses (src/http/openai/README.md, "Event streams"): `data:` lines only,
 * and comments into silence.
 */

export const EVENT_STREAM = 'text/event-stream; charset=utf-8';
/** A comment: an event without data would break the clients, and so would `id:` and `retry:`. */
export const PING = ': ping\n\n';
export const DONE = 'data: [DONE]\n\n';

/** Written as escapes, each of them six bytes long, these still fit into a line of 64 KiB. */
export const MAX_DELTA_CHARACTERS = 10_000;
