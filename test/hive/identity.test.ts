import { execFile, execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ConfigError } from '../../src/hive/config-error.js';
import { hidOf, linkHidOf, loadIdentity } from '../../src/hive/identity.js';
import { readOrCreateSeed } from '../../src/hive/key-file.js';
import { temporaryFolder } from '../temporary-folder.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const vectors = z
  .object({ hid: z.array(z.object({ seedHex: z.string(), hid: z.string() })).min(1) })
  .parse(JSON.parse(readFileSync(join(ROOT, 'test/fixtures/identity-vectors.json'), 'utf8'))).hid;

function systemError(code: string): Error {
  return Object.assign(new Error(code), { code });
}

describe('the hid', () => {
  it.each(vectors)('of $seedHex is $hid', ({ seedHex, hid }) => {
    expect(hidOf(Buffer.from(seedHex, 'hex'))).toBe(hid);
  });

  it.each(vectors)('of a key file with $seedHex is $hid, and the file stays', ({ seedHex, hid }) => {
    const keyPath = join(temporaryFolder(), 'a.key');
    writeFileSync(keyPath, Buffer.from(seedHex, 'hex'));
    expect(loadIdentity({ keyPath })).toMatchObject({ hid });
    expect(readFileSync(keyPath, 'hex')).toBe(seedHex);
  });

  it('needs 32 bytes', () => {
    expect(() => hidOf(Buffer.alloc(31))).toThrow(RangeError);
  });
});

describe('a key that is not there', () => {
  it('is made with its folders, for its owner alone, and read again the next time', () => {
    const keyPath = join(temporaryFolder(), 'state/hum/bees/a.key');
    const { hid } = loadIdentity({ keyPath });
    expect(hid).toMatch(/^fbee_[0-9a-f]{64}$/);
    expect(readFileSync(keyPath)).toHaveLength(32);
    expect(statSync(keyPath).mode & 0o777).toBe(0o600);
    expect(readdirSync(dirname(keyPath))).toEqual(['a.key']);
    expect(loadIdentity({ keyPath })).toMatchObject({ hid });
  });

  it('is another one each time', () => {
    const folder = temporaryFolder();
    const hids = ['a', 'b', 'c'].map((name) => loadIdentity({ keyPath: join(folder, name) }).hid);
    expect(new Set(hids).size).toBe(3);
  });

  it('cannot be made below a file', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'file'), '');
    const keyPath = join(folder, 'file/a.key');
    expect(() => loadIdentity({ keyPath })).toThrow(
      new ConfigError(
        `${keyPath}: the key file cannot be made (ENOTDIR): set XDG_STATE_HOME, or HOME, to a folder that this user can write`,
      ),
    );
  });

  it('cannot be made in a folder that cannot be made', () => {
    const folder = temporaryFolder();
    symlinkSync(join(folder, 'nowhere/at/all'), join(folder, 'link'));
    const keyPath = join(folder, 'link/a.key');
    expect(() => loadIdentity({ keyPath })).toThrow(
      new ConfigError(
        `${keyPath}: the key file cannot be made (EEXIST): set XDG_STATE_HOME, or HOME, to a folder that this user can write`,
      ),
    );
  });

  it('is the same for many processes that make it at once', async () => {
    const folder = temporaryFolder();
    buildIdentity(folder);
    const script = `
      import { loadIdentity } from ${JSON.stringify(join(folder, 'out/hive/identity.js'))};
      while (Date.now() < Number(process.argv[1])) {}
      console.log(loadIdentity({ keyPath: process.argv[2] }).hid);`;
    const keyPath = join(folder, 'bees/a.key');
    const start = Date.now() + 500;
    const runs = Array.from({ length: 8 }, () =>
      promisify(execFile)(process.execPath, ['--input-type=module', '-e', script, `${start}`, keyPath]),
    );
    const hids = (await Promise.all(runs)).map(({ stdout }) => stdout.trim());
    expect(new Set(hids)).toEqual(new Set([hidOf(readFileSync(keyPath))]));
    expect(readdirSync(dirname(keyPath))).toEqual(['a.key']);
  });
});

/** Child processes need JavaScript. */
function buildIdentity(folder: string): void {
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  const options = ['--noCheck', '--module', 'nodenext', '--target', 'es2023', '--outDir', 'out'];
  const source = join(ROOT, 'src/hive/identity.ts');
  execFileSync(join(ROOT, 'node_modules/.bin/tsc'), [...options, source], { cwd: folder });
}

describe('a key file of another length', () => {
  it.each([0, 31, 33, 64])('%i bytes is an error and stays as it is', (length) => {
    const keyPath = join(temporaryFolder(), 'a.key');
    writeFileSync(keyPath, Buffer.alloc(length, 7));
    expect(() => loadIdentity({ keyPath })).toThrow(
      new ConfigError(
        `${keyPath}: the key file holds ${length} bytes but must hold 32; restore it from a backup, or move it away to get a new identity`,
      ),
    );
    expect(readFileSync(keyPath)).toEqual(Buffer.alloc(length, 7));
  });

  it('is an error also if it is a folder', () => {
    const keyPath = join(temporaryFolder(), 'a.key');
    mkdirSync(keyPath);
    expect(() => loadIdentity({ keyPath })).toThrow(
      new ConfigError(`${keyPath}: the key file cannot be read (EISDIR)`),
    );
  });

  it('is an error also if it is a link to nothing, and the link stays', () => {
    const folder = temporaryFolder();
    const keyPath = join(folder, 'a.key');
    symlinkSync(join(folder, 'nothing'), keyPath);
    expect(() => loadIdentity({ keyPath })).toThrow(ConfigError);
    expect(existsSync(join(folder, 'nothing'))).toBe(false);
    expect(readdirSync(folder)).toEqual(['a.key']);
  });
});

describe('a key file in the making', () => {
  it.each(['EPERM', 'ENOTSUP', 'ENOSYS'])('is renamed where hard links are refused with %s', (code) => {
    const path = join(temporaryFolder(), 'a.key');
    const seed = readOrCreateSeed(path, () => {
      throw systemError(code);
    });
    expect(readFileSync(path)).toEqual(seed);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(dirname(path))).toEqual(['a.key']);
  });

  it.each(['EEXIST', 'EPERM'])('gives way to one that appeared meanwhile (%s)', (code) => {
    const path = join(temporaryFolder(), 'a.key');
    const other = Buffer.alloc(32, 9);
    const seed = readOrCreateSeed(path, () => {
      writeFileSync(path, other);
      throw systemError(code);
    });
    expect(seed).toEqual(other);
    expect(readFileSync(path)).toEqual(other);
    expect(readdirSync(dirname(path))).toEqual(['a.key']);
  });

  it('leaves nothing behind if it fails', () => {
    const path = join(temporaryFolder(), 'a.key');
    expect(() =>
      readOrCreateSeed(path, () => {
        throw systemError('EIO');
      }),
    ).toThrow(
      new ConfigError(
        `${path}: the key file cannot be made (EIO): set XDG_STATE_HOME, or HOME, to a folder that this user can write`,
      ),
    );
    expect(readdirSync(dirname(path))).toEqual([]);
  });

  it('is never readable by others, whatever the folder allows', () => {
    const folder = temporaryFolder();
    chmodSync(folder, 0o777);
    const path = join(folder, 'a.key');
    readOrCreateSeed(path, (existing) => {
      expect(statSync(existing).mode & 0o077).toBe(0);
      throw systemError('EPERM');
    });
  });
});

describe('the hid of one link of a hive', () => {
  const hid = `fbee_${'a'.repeat(64)}`;

  it('is the hive’s own for the first process of a replica without a name', () => {
    expect(linkHidOf(hid, { instance: undefined, processNumber: undefined })).toBe(hid);
    expect(linkHidOf(hid, { instance: undefined, processNumber: 0 })).toBe(hid);
  });

  it('is another one for each other process and each name, the same after a restart', () => {
    const links = [
      { instance: undefined, processNumber: 1 },
      { instance: undefined, processNumber: 2 },
      { instance: 'a', processNumber: undefined },
      { instance: 'a', processNumber: 1 },
      { instance: 'b', processNumber: 0 },
    ];
    const hids = links.map((link) => linkHidOf(hid, link));
    expect(new Set([hid, ...hids]).size).toBe(6);
    expect(links.map((link) => linkHidOf(hid, link))).toEqual(hids);
    for (const derived of hids) expect(derived).toMatch(/^fbee_[0-9a-f]{64}$/);
  });
});
