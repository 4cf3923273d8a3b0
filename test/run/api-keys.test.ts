import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/hive/config-error.js';
import { readApiKeys } from '../../src/run/read-api-keys.js';
import { temporaryFolder } from '../temporary-folder.js';

function fileWith(text: string): string {
  const path = join(temporaryFolder(), 'keys');
  writeFileSync(path, text);
  return path;
}

describe('the keys', () => {
  it.each([
    [undefined, []],
    ['', []],
    ['a', ['a']],
    [' a , b,,c ', ['a', 'b', 'c']],
    ['a,@b', ['a', '@b']],
  ])('in %j are %j', (value, keys) => {
    expect(readApiKeys(value)).toEqual(keys);
  });

  it.each([
    ['a\nb\n', ['a', 'b']],
    ['\uFEFF# for the office\r\n\r\n  a  \r\n#b\r\n c,d', ['a', 'c,d']],
  ])('in a file with %j are %j', (text, keys) => {
    expect(readApiKeys(` @${fileWith(text)} `)).toEqual(keys);
  });
});

describe('a file of keys that is of no use ends the start', () => {
  it.each(['', '\n\n', '# nothing\n'])('where it holds no key: %j', (text) => {
    expect(() => readApiKeys(`@${fileWith(text)}`)).toThrow(ConfigError);
  });

  it('where it is not there, or no file', () => {
    const folder = temporaryFolder();
    expect(() => readApiKeys(`@${folder}/none`)).toThrow(
      new ConfigError(`apiKey: the file ${folder}/none cannot be read (ENOENT)`),
    );
    expect(() => readApiKeys(`@${folder}`)).toThrow('(EISDIR)');
  });

  it('where its path is relative, without showing what may have been meant as a key', () => {
    expect(() => readApiKeys('@s3cret')).toThrow(
      new ConfigError('apiKey must have an absolute path after @'),
    );
  });
});
