import { describe, expect, it } from 'vitest';
import { commonProfile, profileOf } from '../../src/hive/worker-kinds.js';

const worker = (name: string, provides: readonly string[] = []) => ({
  client: name,
  hid: undefined,
  name,
  models: ['m'],
  statefulness: undefined,
  provides,
});
const accepted = (profile: { readonly accepts: ReadonlySet<string> }) => [...profile.accepts].sort();

describe('the profile of a worker', () => {
  it.each([
    ['claude-cli', { greets: true, callsMeshTools: true, isClaude: true, isStub: false }],
    ['claude-repl', { greets: true, callsMeshTools: true, isClaude: true, isStub: true }],
    ['anything', { greets: false, callsMeshTools: false, isClaude: false, isStub: false }],
  ])('goes by its kind: %s', (name, expected) => {
    expect(profileOf(worker(name))).toMatchObject(expected);
  });

  it('of a kind that is not known takes what a prompt could always carry', () => {
    expect(accepted(profileOf(worker('anything')))).toEqual([
      'images',
      'maxTokens',
      'sampling',
      'stop',
      'thinking',
    ]);
    expect(accepted(profileOf(worker('claude-cli')))).toEqual([]);
  });

  it('is changed by what the worker says of itself', () => {
    const provides = ['session', 'accepts:messages', 'accepts:no-images', 'accepts:nothing-known', 'fs'];
    expect(accepted(profileOf(worker('anything', provides)))).toEqual([
      'maxTokens',
      'messages',
      'sampling',
      'stop',
      'thinking',
    ]);
    expect(accepted(profileOf(worker('claude-cli', ['accepts:images'])))).toEqual(['images']);
  });
});

describe('the profile of a model', () => {
  it('is what each of its workers takes: humd gives a prompt to any of them', () => {
    const common = commonProfile([worker('claude-cli', ['accepts:images']), worker('anything')]);
    expect(accepted(common)).toEqual(['images']);
    expect(common).toMatchObject({ greets: false, callsMeshTools: false, isClaude: true });
  });

  it('does not count a worker that never answers where another one does', () => {
    expect(commonProfile([worker('claude-repl'), worker('claude-cli')]).isStub).toBe(false);
    expect(commonProfile([worker('claude-repl')]).isStub).toBe(true);
  });

  it('is that of an unknown kind where nothing is known', () => {
    expect(commonProfile([])).toEqual(profileOf(worker('anything')));
  });
});
