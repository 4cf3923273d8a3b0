import { describe, expect, it } from 'vitest';
import { hostOf } from '../../src/http/guards/host-name.js';

describe('the host', () => {
  it.each([
    ['localhost', 'localhost'],
    ['LocalHost:11434', 'localhost'],
    ['localhost.', 'localhost'],
    ['a.Example.com.:80', 'a.example.com'],
    ['my_box-1', 'my_box-1'],
    ['127.0.0.1:80', '127.0.0.1'],
    ['127.0.0.1.', '127.0.0.1'],
    ['[::1]', '::1'],
    ['[::1]:11434', '::1'],
    ['[FE80::A]', 'fe80::a'],
    ['::1', '::1'],
    ['[::ffff:127.0.0.1]', '::ffff:127.0.0.1'],
  ])('of %j is %s', (authority, host) => {
    expect(hostOf(authority)).toBe(host);
  });

  it.each([
    '',
    ' ',
    '.',
    '..',
    'a..b',
    ':80',
    'localhost:',
    'localhost:80:80',
    'localhost:x',
    'localhost:123456',
    'evil@localhost',
    'localhost@evil',
    'local host',
    ' localhost',
    'localhost\t',
    'localhost/',
    'localhost#',
    'localhost?x',
    'localhost\\',
    'localhost,evil',
    'evil\0localhost',
    'http://localhost',
    '[::1',
    '::1]',
    '[localhost]',
    '[127.0.0.1]',
    '[::1]x',
    '[fe80::1%eth0]',
    'fe80::1%eth0',
    '[]',
    'héllo',
    'localhos\u212A',
    'a'.repeat(254),
    '*',
  ])('of %j is nothing', (authority) => {
    expect(hostOf(authority)).toBeUndefined();
  });
});
