/** What a test scripts in the place of a nest: the turns, and as much of a mesh as the surfaces ask. */
import { Fault } from '../src/core/fault.js';
import { findModel, modelNotFound } from '../src/core/model.js';
import type { Mesh, Turns } from '../src/core/port.js';

export interface Conversation extends Turns, Omit<Mesh, 'resolveModel'> {}

/** A mesh that looks models up as a nest with a roster does, without the time that it takes. */
export function toMesh(conversation: Omit<Conversation, 'turn'>): Mesh {
  return {
    models: () => conversation.models(),
    link: () => conversation.link(),
    callTool: (...call) => conversation.callTool(...call),
    resolveModel: (asked, _, respell) => {
      const model = findModel(conversation.models(), asked, respell);
      if (model !== undefined) return model;
      if (conversation.link() === 'up') return modelNotFound(asked);
      return new Fault('link-down', 'the link to humd is down', { retryAfterSeconds: 1 });
    },
  };
}
