import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/hive/config-error.js';
import { readApiKeys } from '../../src/run/read-api-keys.js';
import { temporaryFolder } from '../temporary-folder.js';

function fileWith(text: string): string {
  const path = join(temporaryFolder(), 'keys');
  writeFileSync(path, text);
  return path;
}

function messageOf(text: string): string {
  try {
    readApiKeys(`@${fileWith(text)}`);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error('it was taken');
}

describe('the keys', () => {
  it.each([
    [undefined, []],
    ['', []],
    ['a', ['a']],
    [' a , b,,c ', ['a', 'b', 'c']],
    ['a,@b', ['a', '@b']],
    ['{"key":"a"', ['{"key":"a"']],
  ])('in %j are %j', (value, keys) => {
    expect(readApiKeys(value)).toEqual(keys.map((key) => ({ key })));
  });

  it.each([
    ['a\nb\n', ['a', 'b']],
    ['\uFEFF# for the office\r\n\r\n  a  \r\n#b\r\n c,d', ['a', 'c,d']],
    ['a\na', ['a', 'a']],
  ])('in a file with %j are %j', (text, keys) => {
    expect(readApiKeys(` @${fileWith(text)} `)).toEqual(keys.map((key) => ({ key })));
  });
});

describe('a line that is an object', () => {
  it.each([
    ['{"key":"a"}', { key: 'a' }],
    [
      ' {"key":"a","name":"Ann laptop","workerTools":"all"}',
      { key: 'a', name: 'Ann laptop', workerTools: 'all' },
    ],
    ['{"key":"{","cwd":"/srv/a","operator":true}', { key: '{', cwd: '/srv/a', operator: true }],
    ['{"key":"a","operator":false}', { key: 'a', operator: false }],
  ])('%j says what goes with its key', (line, key) => {
    expect(readApiKeys(`@${fileWith(`plain\n\n${line}\n`)}`)).toEqual([{ key: 'plain' }, key]);
  });

  it.each([
    ['{', 'begins with { and is no JSON object'],
    ['{"key":"s3cret"', 'begins with { and is no JSON object'],
    ['{"key":"s3cret"} {}', 'begins with { and is no JSON object'],
    ['{}', ': key must be a text without white space at its ends'],
    ['{"key":""}', ': key must be a text without white space at its ends'],
    ['{"key":" s3cret"}', ': key must be a text without white space at its ends'],
    ['{"key":7}', ': key must be a text without white space at its ends'],
    ['{"key":"s3cret","worker":"all"}', 'has a field that is none of key, name, workerTools, cwd, operator'],
    ['{"key":"a","s3cret":1}', 'has a field that is none of key, name, workerTools, cwd, operator'],
    ['{"key":"s3cret","workerTools":"some"}', ': workerTools must be none, mesh, all'],
    ['{"key":"s3cret","cwd":"srv"}', ': cwd must be an absolute path'],
    ['{"key":"s3cret","operator":"yes"}', ': operator must be true or false'],
    ['{"key":"s3cret","name":"<b>"}', ': name must be 1 to 64 letters, digits, spaces and ._@:+-'],
  ])('%j is wrong, which is told with its line and without any key', (line, what) => {
    const message = messageOf(`# keys\nplain\n${line}\n`);
    expect(message).toContain(', line 3');
    expect(message).toContain(what);
    expect(message).not.toContain('s3cret');
  });

  it('may not have the key of another line, where either says more', () => {
    expect(messageOf('s3cret\n{"key":"s3cret","workerTools":"none"}')).toMatch(
      /line 2 has the key of line 1$/,
    );
    expect(messageOf('{"key":"s3cret","cwd":"/"}\n\ns3cret')).toMatch(/line 3 has the key of line 1$/);
  });

  it('never has its text in an error', () => {
    const values = fc.dictionary(
      fc.constantFrom('key', 'name', 'workerTools', 'cwd', 'operator', 's3cret-field'),
      fc.oneof(fc.constant('s3cret-value'), fc.integer(), fc.boolean(), fc.constant(null)),
    );
    fc.assert(
      fc.property(values, fc.boolean(), (value, isCut) => {
        const line = JSON.stringify(value).slice(0, isCut ? -1 : undefined);
        try {
          readApiKeys(`@${fileWith(line)}`);
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigError);
          expect(String(error)).not.toContain('s3cret');
        }
      }),
      { numRuns: 50 },
    );
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
