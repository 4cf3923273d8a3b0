/** Where clients put their API key. */
import type { IncomingHttpHeaders } from 'node:http';

/**
 * Every text that may be meant as the key: `Authorization: Bearer`, the password and the user of `Authorization: Basic`,
 * and the headers of Anthropic's and Azure's clients. Some clients send a placeholder in one and the key in another.
 */
export function presentedKeys(headers: IncomingHttpHeaders): readonly string[] {
  const [, scheme = '', credentials = ''] = /^(\S+) +(\S+) *$/.exec(headers.authorization ?? '') ?? [];
  return [
    ...fromAuthorization(scheme.toLowerCase(), credentials),
    headers['x-api-key'],
    headers['api-key'],
  ].filter((key): key is string => typeof key === 'string' && key !== '');
}

function fromAuthorization(scheme: string, credentials: string): readonly string[] {
  switch (scheme) {
    case 'bearer':
      return [credentials];
    case 'basic': {
      const text = Buffer.from(credentials, 'base64').toString('utf8');
      const colon = text.indexOf(':');
      return colon === -1 ? [text] : [text.slice(colon + 1), text.slice(0, colon)];
    }
    default:
      return [];
  }
}
