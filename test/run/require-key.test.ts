import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/hive/config-error.js';
import { requireKey } from '../../src/run/guards.js';

const config = (host: string, apiKey?: string) => ({ kind: 'openai-server', host, apiKey });

describe('a hive without a key', () => {
  it.each([
    '127.0.0.1',
    '127.8.9.10',
    '::1',
    '0:0:0:0:0:0:0:1',
    '::ffff:127.0.0.1',
    'localhost',
    'LOCALHOST.',
  ])('may listen on %s', (host) => expect(() => requireKey(config(host))).not.toThrow());

  it.each([
    '0.0.0.0',
    '::',
    '192.168.1.5',
    '128.0.0.1',
    'fd00::5',
    '::ffff:192.168.1.5',
    'my-box.lan',
    'localhost.evil.example',
  ])('may not listen on %s', (host) => {
    expect(() => requireKey(config(host))).toThrow(ConfigError);
    expect(() => requireKey(config(host))).toThrow(host);
    expect(() => requireKey(config(host, 'secret'))).not.toThrow();
  });

  it('is told all ways out, in one line', () => {
    expect(() => requireKey(config('0.0.0.0'))).toThrow(
      /^openai-server would listen on 0\.0\.0\.0.*OPENAI_SERVER_API_KEY.*OPENAI_SERVER_HOST .*127\.0\.0\.1.*--insecure.*$/,
    );
  });
});
