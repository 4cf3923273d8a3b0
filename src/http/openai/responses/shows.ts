/** Which events a client gets to see anything of. */
import type { Event } from '../../../core/event.js';

/** Empty deltas and the start of a session show nothing, and do not release the headers. */
export function shows(event: Event): boolean {
  switch (event.type) {
    case 'ready':
      return false;
    case 'text-delta':
    case 'reasoning-delta':
      return event.text !== '';
    default:
      return true;
  }
}
