import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Fault } from '../../src/core/fault.js';
import type { ModelSetting } from '../../src/core/model.js';
import type { RightsClaim } from '../../src/core/port.js';
import type { TurnRequest } from '../../src/core/request.js';
import { WORKER_TOOLS, type WorkerTools } from '../../src/core/rights.js';
import { createRightsGrant, type RightsPolicy } from '../../src/hive/grant-rights.js';
import { profileOf } from '../../src/hive/worker-kinds.js';
import { modelOf } from '../model.js';
import { temporaryFolder } from '../temporary-folder.js';

const NO_POLICY: RightsPolicy = { cwdRoots: [], defaultSystem: 'Be kind.' };

interface Asked {
  readonly policy?: Partial<RightsPolicy>;
  readonly model?: ModelSetting;
  readonly worker?: string;
  readonly claim?: RightsClaim;
  readonly request?: Partial<TurnRequest>;
}

async function grant({
  policy,
  model,
  worker = 'claude-cli',
  claim = {},
  request,
}: Asked): Promise<TurnRequest> {
  const profile = profileOf({ name: worker, provides: [] });
  const resolved = modelOf('m', { profile, ...(model ? { setting: model } : {}) });
  const asked: TurnRequest = { model: 'm', resolved, messages: [], tools: [], sampling: {}, ...request };
  return createRightsGrant({ ...NO_POLICY, ...policy })(asked, claim);
}

const rightsOf = async (asked: Asked) => (await grant(asked)).rights;

async function refusalOf(asked: Asked): Promise<Fault> {
  const fault = await grant(asked).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (fault instanceof Fault) return fault;
  throw new Error('it was granted');
}

describe('the tools of a worker', () => {
  it.each<[string, Asked, WorkerTools]>([
    ['nobody says anything', {}, 'none'],
    ['the hive says it', { policy: { workerTools: 'all' } }, 'all'],
    ['the model’s entry says it', { model: { workerTools: 'mesh' } }, 'mesh'],
    ['the key alone says it', { claim: { key: { workerTools: 'all' } } }, 'none'],
    ['the model says less', { policy: { workerTools: 'all' }, model: { workerTools: 'none' } }, 'none'],
    ['the hive says less', { policy: { workerTools: 'mesh' }, model: { workerTools: 'all' } }, 'mesh'],
    [
      'the key says less',
      { policy: { workerTools: 'all' }, claim: { key: { workerTools: 'mesh' } } },
      'mesh',
    ],
    ['the key says more', { model: { workerTools: 'mesh' }, claim: { key: { workerTools: 'all' } } }, 'mesh'],
    [
      'the request brings some',
      {
        policy: { workerTools: 'all' },
        request: { tools: [{ name: 'f', inputSchema: {} }] },
      },
      'none',
    ],
    [
      'the request brought some that are not offered',
      { policy: { workerTools: 'all' }, request: { rights: { workerTools: 'none' } } },
      'none',
    ],
  ])('where %s', async (_, asked, workerTools) => {
    expect(await rightsOf(asked)).toEqual({ workerTools });
  });

  it('are never more than any place says, whatever they say', async () => {
    const said = fc.option(fc.constantFrom(...WORKER_TOOLS), { nil: undefined });
    await fc.assert(
      fc.asyncProperty(said, said, said, async (hive, model, key) => {
        const rights = await rightsOf({
          policy: { workerTools: hive },
          model: { workerTools: model },
          claim: { key: { workerTools: key } },
        });
        const size = (tools: WorkerTools | undefined) => WORKER_TOOLS.indexOf(tools ?? 'all');
        const granted = size(rights?.workerTools);
        expect(granted).toBeLessThanOrEqual(Math.min(size(hive), size(model), size(key)));
        if (hive === undefined && model === undefined) expect(granted).toBe(0);
      }),
    );
  });

  it('are looked up at each use', async () => {
    const policy = { ...NO_POLICY, workerTools: 'none' as WorkerTools };
    const grantRights = createRightsGrant(policy);
    const request: TurnRequest = { model: 'm', messages: [], tools: [], sampling: {} };
    expect((await grantRights(request, {})).rights).toEqual({ workerTools: 'none' });
    policy.workerTools = 'all';
    expect((await grantRights(request, {})).rights).toEqual({ workerTools: 'all' });
  });
});

/** Folders with links between them; `at` says where one is, links resolved. */
function createFolders() {
  const base = realpathSync(temporaryFolder());
  for (const folder of ['open/a/b', 'open-too', 'closed/a'])
    mkdirSync(join(base, folder), { recursive: true });
  symlinkSync(join(base, 'closed'), join(base, 'open/out'));
  symlinkSync('../../closed/a', join(base, 'open/a/out'));
  symlinkSync(join(base, 'open/a'), join(base, 'closed/in'));
  symlinkSync(join(base, 'open'), join(base, 'link'));
  symlinkSync('loop', join(base, 'open/loop'));
  symlinkSync(join(base, 'nowhere'), join(base, 'open/broken'));
  writeFileSync(join(base, 'open/file'), '');
  return { base, at: (folder: string) => join(base, folder) };
}

describe('the folder that a client names', () => {
  it.each([
    ['open', 'open'],
    ['open/a', 'open/a'],
    ['open/a/', 'open/a'],
    ['open/a/../a/b', 'open/a/b'],
    ['link', 'open'],
    ['link/a', 'open/a'],
    ['closed/in', 'open/a'],
    ['closed/in/b', 'open/a/b'],
  ])('may be %s, which is %s', async (named, real) => {
    const { at, base } = createFolders();
    const asked = { policy: { cwdRoots: [at('nowhere'), at('open')] }, claim: { cwd: `${base}/${named}` } };
    expect(await rightsOf(asked)).toEqual({ workerTools: 'none', cwd: at(real) });
  });

  it.each([
    'open/..',
    'open/a/../../closed',
    'open-too',
    'closed',
    'open/out',
    'open/a/out',
    'open/a/out/..',
    'open/loop',
    'open/broken',
    'open/file',
    'open/nowhere',
    'nowhere',
    'open/a\0',
    'open/%61',
  ])('may not be %j, and it is not told why', async (named) => {
    const { at, base } = createFolders();
    const fault = await refusalOf({
      policy: { cwdRoots: [at('open')] },
      claim: { cwd: `${base}/${named}` },
    });
    expect(fault).toMatchObject({
      code: 'bad-request',
      param: 'x-hum-cwd',
      message: 'x-hum-cwd must name a folder that is there, below one of those that are configured for this',
    });
  });

  it.each(['.', 'open', '~', '~/x', 'hum://host/open', 'file:///open', ' /'])(
    'must be an absolute path, which %j is not',
    async (cwd) => {
      const fault = await refusalOf({ policy: { cwdRoots: ['/'] }, claim: { cwd } });
      expect(fault.message).toBe('x-hum-cwd must be an absolute path');
    },
  );

  it('is refused where no folder is configured for that', async () => {
    const { at } = createFolders();
    const fault = await refusalOf({ policy: { cwd: at('open') }, claim: { cwd: at('open/a') } });
    expect(fault).toMatchObject({ code: 'bad-request', message: expect.stringContaining('cwdRoots') });
  });

  it('may be anywhere below the root of all', async () => {
    const { at } = createFolders();
    const asked = { policy: { cwdRoots: ['/'] }, claim: { cwd: at('closed/in') } };
    expect(await rightsOf(asked)).toMatchObject({ cwd: at('open/a') });
  });

  it('must be below that of its key, too', async () => {
    const { at } = createFolders();
    const ask = (cwd: string) => ({
      policy: { cwdRoots: [at('open')], cwd: at('open') },
      claim: { cwd, key: { cwd: at('link/a') } },
    });
    expect(await rightsOf(ask(at('open/a/b')))).toMatchObject({ cwd: at('open/a/b') });
    expect((await refusalOf(ask(at('open')))).code).toBe('bad-request');
  });
});

describe('the folder that is configured', () => {
  it.each<[string, RightsClaim, ModelSetting | undefined, string]>([
    ['the client’s', { cwd: 'open/a/b', key: { cwd: 'open/a' } }, { cwd: 'open' }, 'open/a/b'],
    ['the key’s', { key: { cwd: 'open/a' } }, { cwd: 'open' }, 'open/a'],
    ['the model’s', { key: {} }, { cwd: 'open' }, 'open'],
    ['the hive’s', {}, undefined, 'closed'],
  ])('is %s, before those that come after it', async (_, claim, model, folder) => {
    const { at } = createFolders();
    const place = (path: string | undefined) => (path === undefined ? undefined : at(path));
    const asked: Asked = {
      policy: { cwd: at('closed'), cwdRoots: [at('open')] },
      claim: { cwd: place(claim.cwd), key: { cwd: place(claim.key?.cwd) } },
      ...(model ? { model: { cwd: place(model.cwd) } } : {}),
    };
    expect(await rightsOf(asked)).toEqual({ workerTools: 'none', cwd: at(folder) });
  });

  it('is given without links, and need not be below a root', async () => {
    const { at } = createFolders();
    const asked = { policy: { cwd: at('closed/in'), cwdRoots: [at('open-too')] } };
    expect(await rightsOf(asked)).toMatchObject({ cwd: at('open/a') });
  });

  it.each(['nowhere', 'open/file', 'open/broken'])('is missed if it is %s', async (named) => {
    const { at } = createFolders();
    const fault = await refusalOf({ policy: { cwd: at(named) } });
    expect(fault.code).toBe('folder-missing');
    expect(fault.message).not.toContain(named);
  });
});

describe('the system text of a request that has none', () => {
  it.each<[string, Asked, string | undefined]>([
    ['is the hive’s', {}, 'Be kind.'],
    ['is the hive’s where the client’s is empty', { request: { system: '' } }, 'Be kind.'],
    [
      'is the hive’s for a request with tools',
      { request: { tools: [{ name: 'f', inputSchema: {} }] } },
      'Be kind.',
    ],
    ['is that of the model’s entry', { model: { defaultSystem: 'Be brief.' } }, 'Be brief.'],
    ['can be switched off', { policy: { defaultSystem: '' } }, undefined],
    ['can be switched off for a model', { model: { defaultSystem: '' } }, undefined],
    ['is the worker’s own where it may use tools', { policy: { workerTools: 'mesh' } }, undefined],
    ['is the worker’s own where it is no Claude Code', { worker: 'upstream-worker' }, undefined],
    ['is not put in the place of the client’s', { request: { system: 'Be odd.' } }, 'Be odd.'],
  ])('%s', async (_, asked, system) => {
    expect((await grant(asked)).system || undefined).toBe(system);
  });
});
