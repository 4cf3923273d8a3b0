/** One rule for what means this machine, in every spelling that a socket, a setting or a name server may bring. */
import { describe, expect, it } from 'vitest';
import { isLoopbackAddress, isLoopbackHost } from '../../src/http/guards/loopback.js';

describe('an address', () => {
  it.each([
    ['127.0.0.1', true],
    ['127.8.9.10', true],
    ['127.255.255.255', true],
    ['::1', true],
    ['0:0:0:0:0:0:0:1', true],
    ['0000::0001', true],
    ['::ffff:127.0.0.1', true],
    ['::FFFF:7F00:1', true],
    ['::ffff:127.8.9.10', true],
    ['126.255.255.255', false],
    ['128.0.0.1', false],
    ['0.0.0.0', false],
    ['10.0.0.1', false],
    ['192.168.1.5', false],
    ['::', false],
    ['::2', false],
    ['::127.0.0.1', false],
    ['fe80::1%eth0', false],
    ['::ffff:10.0.0.1', false],
    ['::ffff:0.0.0.0', false],
    ['64:ff9b::7f00:1', false],
    ['[::1]', false],
    ['127.0.0.1:80', false],
    ['[::1]:80', false],
    ['127.1', false],
    ['127.0.0.1.', false],
    ['0177.0.0.1', false],
    ['2130706433', false],
    ['localhost', false],
    ['', false],
    [undefined, false],
  ])('%s is of this machine: %s', (address, expected) => {
    expect(isLoopbackAddress(address)).toBe(expected);
    if (address !== undefined && address !== 'localhost') expect(isLoopbackHost(address)).toBe(expected);
  });
});

describe('a host', () => {
  it.each([
    ['localhost', true],
    ['LocalHost', true],
    ['localhost.', true],
    ['localhost..', false],
    ['localhost:80', false],
    ['app.localhost', false],
    ['localhost.evil.example', false],
    ['evil-localhost', false],
    ['localhost\n', false],
    ['localhos\u212A', false],
    ['127.0.0.1.evil.example', false],
    ['my-box', false],
  ])('%j is this machine: %s', (host, expected) => {
    expect(isLoopbackHost(host)).toBe(expected);
    expect(isLoopbackAddress(host)).toBe(false);
  });
});
