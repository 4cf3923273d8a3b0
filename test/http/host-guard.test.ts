import { describe, expect, it } from 'vitest';
import { Fault } from '../../src/core/fault.js';
import { HostGuard, hostOf, type HostRules, isHostPattern } from '../../src/http/guards/host-guard.js';

const rules: HostRules = {
  bound: '127.0.0.1',
  machine: 'Box.lan',
  addresses: () => ['192.168.1.5', 'fd00::5', 'fe80::1%eth0'],
  configured: [],
  setting: 'THE_HOSTS',
};
const guard = (changes: Partial<HostRules> = {}) => new HostGuard({ ...rules, ...changes });
const outcomeOf = (guard: HostGuard, url: string, ...hosts: readonly string[]) => {
  try {
    guard.check({ url, rawHeaders: ['Accept', 'Host', ...hosts.flatMap((host) => ['hOsT', host])] });
    return 'allowed';
  } catch (error) {
    return error instanceof Fault ? error.code : error;
  }
};

describe('a server on a loopback address answers to', () => {
  it.each([
    'localhost',
    'LOCALHOST:1',
    'localhost.',
    'app.localhost',
    'a.b.localhost:3000',
    '127.0.0.1',
    '127.255.255.254:9',
    '[::1]:11434',
    '[0:0:0:0:0:0:0:1]',
    '[::ffff:127.0.0.1]',
    'box.lan',
    'BOX',
    'box.local',
    'host.docker.internal:11434',
    '0.0.0.0:11434',
    '[::]:11434',
    '10.0.2.2',
    '172.31.255.254:80',
    '192.168.1.5',
    '192.168.1.6:11434',
    '[::ffff:192.168.1.6]',
    '[fd00::5]',
    '[fdff::1]:9',
  ])('%s', (host) => {
    expect(outcomeOf(guard(), '/', host)).toBe('allowed');
  });

  it.each([
    'evil.example',
    'localhost.evil.example',
    'evillocalhost',
    'evil-localhost',
    'box.lan.evil.example',
    'other.local',
    'a.box.local',
    'docker.internal',
    '127.1',
    '2130706433',
    '0x7f000001',
    '127.0.0.1.evil.example',
    '128.0.0.1',
    '0.0.0.1',
    '[::2]',
    '172.32.0.1',
    '192.169.1.5',
    '192.168.1.5.evil.example',
    '192.168.1',
    '[fe00::5]',
    '8.8.8.8',
    '169.254.169.254',
  ])('but not to %s', (host) => {
    expect(outcomeOf(guard(), '/', host)).toBe('forbidden');
  });
});

describe('a server', () => {
  it.each([
    ['0.0.0.0', '192.168.1.5', 'allowed'],
    ['0.0.0.0', '[FD00:0::5]:80', 'allowed'],
    ['0.0.0.0', '0.0.0.0', 'allowed'],
    ['0.0.0.0', '192.168.1.6', 'allowed'],
    ['0.0.0.0', '8.8.8.8', 'forbidden'],
    ['0.0.0.0', 'evil.example', 'forbidden'],
    ['::', '192.168.1.5', 'allowed'],
    ['::', '[::]', 'allowed'],
    ['0::0', '192.168.1.5', 'allowed'],
    ['192.168.1.5', '192.168.1.5:80', 'allowed'],
    ['192.168.1.5', '192.168.1.6', 'allowed'],
    ['192.168.1.5', '0.0.0.0', 'allowed'],
    ['192.168.1.5', '[fd00::5]', 'allowed'],
    ['192.168.1.5', '8.8.8.8', 'forbidden'],
    ['203.0.113.7', '203.0.113.7', 'allowed'],
    ['203.0.113.7', '192.168.1.6', 'forbidden'],
    ['203.0.113.7', '0.0.0.0', 'forbidden'],
    ['My-Server.example', '192.168.1.6', 'forbidden'],
    ['localhost', '192.168.1.6', 'allowed'],
    ['192.168.1.5', 'localhost', 'allowed'],
    ['fd00::5', '[fd00:0:0:0:0:0:0:5]', 'allowed'],
    ['My-Server.example', 'my-server.example', 'allowed'],
  ])('that listens on %s and is called %s: %s', (bound, host, outcome) => {
    expect(outcomeOf(guard({ bound }), '/', host)).toBe(outcome);
  });

  it('asks for the addresses of the machine anew', () => {
    let addresses: readonly string[] = [];
    const moving = guard({ bound: '0.0.0.0', addresses: () => addresses });
    expect(moving.allows('203.0.113.1')).toBe(false);
    addresses = ['203.0.113.1'];
    expect(moving.allows('203.0.113.1')).toBe(true);
  });

  it.each([
    ['api.example.com', 'API.example.com.:443', 'allowed'],
    ['api.example.com', 'x.api.example.com', 'forbidden'],
    ['Api.Example.com.', 'api.example.com', 'allowed'],
    ['*.example.com', 'a.b.example.com', 'allowed'],
    ['*.example.com', 'example.com', 'forbidden'],
    ['*.example.com', 'evilexample.com', 'forbidden'],
    ['10.1.2.3', '10.1.2.3', 'allowed'],
    ['[fd00::9]', '[fd00::9]:1', 'allowed'],
    ['fd00::9', '[fd00::9]:1', 'allowed'],
  ])('that is configured to be called %s and is called %s: %s', (pattern, host, outcome) => {
    expect(outcomeOf(guard({ configured: [pattern] }), '/', host)).toBe(outcome);
  });

  it.each(['localhost', '127.0.0.1:80'])('whose machine has the odd name "%s" still works', (machine) => {
    expect(outcomeOf(guard({ machine }), '/', 'localhost')).toBe('allowed');
  });
});

describe('a request', () => {
  it.each([
    [[], 'bad-request'],
    [['localhost', 'localhost'], 'bad-request'],
    [['localhost', 'evil.example'], 'bad-request'],
    [['evil.example', 'localhost'], 'bad-request'],
    [[''], 'bad-request'],
    [['evil@localhost'], 'bad-request'],
    [['localhost:80:80'], 'bad-request'],
    [['local host'], 'bad-request'],
  ])('with the Host headers %j: %s', (hosts, outcome) => {
    expect(outcomeOf(guard(), '/', ...hosts)).toBe(outcome);
  });

  it.each([
    ['http://localhost/api/tags', 'allowed'],
    ['http://127.0.0.1:80', 'allowed'],
    ['https://[::1]?x', 'allowed'],
    ['http://evil.example/', 'forbidden'],
    ['http://evil.example?localhost', 'forbidden'],
    ['http://localhost@evil.example/', 'bad-request'],
    ['http://evil@localhost/', 'bad-request'],
    ['http://localhost#@evil.example', 'allowed'],
    ['http:///', 'bad-request'],
    ['HTTP://localhost/', 'bad-request'],
    ['ftp://localhost/', 'bad-request'],
    ['*', 'bad-request'],
    ['', 'bad-request'],
    ['//evil.example/', 'allowed'],
  ])('for %s with an allowed Host: %s', (url, outcome) => {
    expect(outcomeOf(guard(), url, 'localhost')).toBe(outcome);
  });

  it('for an allowed absolute target still needs an allowed Host', () => {
    expect(outcomeOf(guard(), 'http://localhost/', 'evil.example')).toBe('forbidden');
  });

  it('that is refused is told what to set', () => {
    const ask = () => guard().check({ url: '/', rawHeaders: ['Host', 'Chat.Example'] });
    expect(ask).toThrow(
      'this server does not answer to the host chat.example; to allow it, add it to THE_HOSTS',
    );
  });
});

describe('what may be configured', () => {
  it.each(['a', 'a.b', '*.a.b', '*.localhost', '1.2.3.4', '::1', '[::1]'])('is %s', (text) => {
    expect(isHostPattern(text)).toBe(true);
  });

  it.each(['*', '*.', 'a.*', '*a.b', 'http://a', 'a/b', '', ' a', '*.*.a'])('is not %j', (text) => {
    expect(isHostPattern(text)).toBe(false);
  });
});

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
