/** Reads the address of a Redis or Valkey, which may have a password in it that nobody must see. */
import { RedisClient } from '@redis/client';

export type RedisAddress = ReturnType<typeof RedisClient.parseURL>;

/** What is allowed, in words that are fit for an error. */
export const REDIS_URL_FORMS =
  'redis://[user:password@]host[:port][/database], the same with rediss://, or unix:///path/of/a/socket';

/** Undefined for what is no such address. The library's own errors repeat what was written: they stay here. */
export function parseRedisUrl(url: string): RedisAddress | undefined {
  try {
    return RedisClient.parseURL(url);
  } catch {
    return undefined;
  }
}

/** Host and port, or the path of the socket: what a log may say. */
export function describeAddress({ socket }: RedisAddress): string {
  if ('path' in socket) return String(socket.path);
  const { host = 'localhost', port = 6379 } = { ...socket };
  return `${host}:${port}`;
}
