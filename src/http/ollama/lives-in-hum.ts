/** The answer to whoever wants to change the models: they come and go with hum's workers. */
import { Fault } from '../../core/fault.js';

/** @param action what cannot be done: `push a model` */
export function livesInHum(action: string): Fault {
  return new Fault('not-offered', `models live in hum: this server cannot ${action}`);
}
