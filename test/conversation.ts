/** What a test scripts in the place of a nest: the turns, and as much of a mesh as the surfaces ask. */
import { Fault } from '../src/core/fault.js';
import { findModel } from '../src/core/find-model.js';
import {
  isUnserved,
  type ModelLookup,
  modelNotFound,
  modelNotServed,
  type Respelling,
} from '../src/core/model.js';
import type { Mesh, Turns } from '../src/core/port.js';

export interface Conversation extends Turns, Omit<Mesh, 'findModel' | 'resolveModel'> {}

/** A mesh that looks models up as a nest with a roster does, without the time that it takes. */
export function toMesh(conversation: Omit<Conversation, 'turn'>): Mesh {
  const find = (asked: string, respell?: Respelling): ModelLookup => {
    const model = findModel(conversation.models(), asked, { respell });
    return model !== undefined && isUnserved(model) ? modelNotServed(asked, model) : model;
  };
  return {
    models: () => conversation.models(),
    link: () => conversation.link(),
    callTool: (...call) => conversation.callTool(...call),
    findModel: find,
    resolveModel: (asked, _, respell) => {
      const model = find(asked, respell);
      if (model !== undefined) return model;
      if (conversation.link() === 'up') return modelNotFound(asked);
      return new Fault('link-down', 'the link to humd is down', { retryAfterSeconds: 1 });
    },
  };
}
