import { describe, expect, it } from 'vitest';
import type { LinkState } from '../../../src/core/port.js';
import { knownModel } from '../../../src/http/openai/known-model.js';
import { ScriptedConversation } from './scripted-bridge.js';

class Linked extends ScriptedConversation {
  readonly #state: LinkState;

  constructor(state: LinkState) {
    super([]);
    this.#state = state;
  }

  override link(): LinkState {
    return this.#state;
  }
}

describe('the model that a request names', () => {
  it.each(['up', 'down'] as const)('is found by its alias, link %s', (state) => {
    expect(knownModel(new Linked(state), 'Hidden:latest')?.target).toBe('m');
  });

  it('is unknown for certain only while the link is up', () => {
    expect(knownModel(new Linked('down'), 'nope')).toBeUndefined();
    expect(() => knownModel(new Linked('up'), 'nope')).toThrow(
      expect.objectContaining({ code: 'model-not-found', param: 'nope' }),
    );
  });
});
