import { describe, expect, it } from 'vitest';
import { fitsWildcard, isOriginPattern, OriginGuard } from '../../src/http/guards/origin-guard.js';

const guard = (...configured: readonly string[]) => new OriginGuard({ configured, setting: 'THE_ORIGINS' });

describe('by default a page may ask if it comes from', () => {
  it.each([
    'http://localhost',
    'https://localhost',
    'http://localhost:3000',
    'http://127.0.0.1:1',
    'https://0.0.0.0:8443',
    'http://[::1]:5173',
    'app://obsidian.md',
    'app://-',
    'file://',
    'tauri://localhost',
    'http://tauri.localhost',
    'vscode-webview://1ab2',
    'vscode-file://vscode-app',
  ])('%s', (origin) => {
    expect(guard().check({ origin, host: '127.0.0.1:11434' })).toBe(origin);
  });

  it.each([
    'null',
    'https://evil.example',
    'http://localhost.evil.example',
    'http://localhost:3000.evil.example',
    'http://evil.example:3000',
    'http://localhost@evil.example',
    'http://127.0.0.2',
    'http://0.0.0.0.evil.example',
    'http://x.localhost',
    'ftp://localhost',
    'chrome-extension://abc',
    'http://127.0.0.1:99999999',
    'app://x, https://evil.example',
    'https://evil.example, app://x',
    'app://x https://evil.example',
  ])('but not from %s', (origin) => {
    const ask = () => guard().check({ origin, host: '127.0.0.1:11434' });
    expect(ask).toThrow('add it to THE_ORIGINS');
  });
});

describe('a request', () => {
  it.each([undefined, ''])('without an origin (%j) does not come from a page', (origin) => {
    expect(guard().check({ ...(origin === undefined ? {} : { origin }), host: 'h' })).toBeUndefined();
  });

  it.each([
    ['http://my-box.local:11434', 'my-box.local:11434', true],
    ['https://my-box.local', 'My-Box.local', true],
    ['http://my-box.local', 'my-box.local:11434', false],
    ['http://my-box.local:11434', 'my-box.local', false],
    ['ftp://my-box.local', 'my-box.local', false],
    ['http://', '', false],
  ])('of a page of %s to %s: %s', (origin, host, allowed) => {
    expect(guard().allows(origin, host)).toBe(allowed);
  });
});

describe('an origin can be allowed', () => {
  it.each([
    ['https://chat.example.com', 'https://chat.example.com', true],
    ['https://Chat.Example.com/', 'https://chat.example.com', true],
    ['https://chat.example.com', 'https://chat.example.com:8443', false],
    ['https://chat.example.com:*', 'https://chat.example.com:8443', true],
    ['https://*.example.com', 'https://a.b.example.com', true],
    ['https://*.example.com', 'https://example.com', false],
    ['https://*.example.com', 'https://a.example.com.evil.example', false],
    ['*://a.example', 'chrome-extension://a.example', true],
    ['chrome-extension://*', 'chrome-extension://abc', true],
    ['https://a-*.example:*', 'https://a-1.example:80', true],
    ['null', 'null', true],
    ['https://*', 'null', false],
    ['n*', 'null', false],
  ])('by %s: %s, %s', (pattern, origin, allowed) => {
    expect(guard('https://other.example', pattern).allows(origin)).toBe(allowed);
  });

  it.each(['https://evil.example', 'null', 'http://localhost'])('like all others by *: %s', (origin) => {
    expect(guard('https://other.example', '*').check({ origin, host: 'h' })).toBe('*');
  });
});

describe('what may be configured', () => {
  it.each(['*', 'null', 'https://a', 'https://*.a:*', 'app://*', '*.a'])('is %s', (text) => {
    expect(isOriginPattern(text)).toBe(true);
  });

  it.each(['a.example', 'localhost:3000', '', 'https://a, https://b'])('is not %j', (text) => {
    expect(isOriginPattern(text)).toBe(false);
  });
});

it.each([
  ['abc', 'abc', true],
  ['abcd', 'abc', false],
  ['', '', true],
  ['', '*', true],
  ['abc', '*', true],
  ['abc', 'a*', true],
  ['a', 'a*', true],
  ['abc', '*c', true],
  ['abc', 'a*c', true],
  ['ac', 'a*c', true],
  ['a', 'a*a', false],
  ['aa', 'a*a', true],
  ['aXbXc', 'a*b*c', true],
  ['abXc', 'a*b*b*c', false],
  ['acb', 'a*b*c', false],
  ['ab', 'a*b*b', false],
  ['a.c', 'a.c', true],
  ['abc', 'a.c', false],
  ['abc', '**', true],
  ['xabc', 'a*', false],
])('%j fits %j: %s', (text, pattern, fits) => {
  expect(fitsWildcard(text, pattern)).toBe(fits);
});

// With one try for each way to place the stars it would not end.
it('takes no time to speak of for a hostile text', () => {
  expect(fitsWildcard('a'.repeat(100_000), '*a*a*a*a*a*a*a*b')).toBe(false);
});
