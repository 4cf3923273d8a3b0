/** Requests whose framing or target means one thing to a proxy and another to a server. */
import { describe, expect, it } from 'vitest';
import { chat, startWorld, type World } from '../front-door/world.js';
import { rawClient, statusesIn } from './raw-client.js';

const BODY = JSON.stringify(chat('hi', { stream: false }));
const CHUNKED = `${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\n\r\n`;
/** What a smuggler wants to be taken for a request of its own. */
const SMUGGLED = 'GET /api/version HTTP/1.1\r\nhost: localhost\r\n\r\n';

/** Everything that comes back for these bytes, until the server closes the connection. */
async function exchange(world: World, bytes: string): Promise<string> {
  const client = await rawClient(world.url);
  client.send(bytes);
  return client.closed();
}

const post = (fields: readonly string[], body: string) =>
  ['POST /api/chat HTTP/1.1', 'host: localhost', ...fields, '', body].join('\r\n');

describe('a request whose framing is in doubt gets a 400 and the connection is closed, with nothing after it read', () => {
  it.each<[string, string]>([
    [
      'Content-Length and Transfer-Encoding',
      post([`content-length: ${BODY.length}`, 'transfer-encoding: chunked'], CHUNKED),
    ],
    [
      'Transfer-Encoding and Content-Length',
      post(['transfer-encoding: chunked', `content-length: ${BODY.length}`], CHUNKED),
    ],
    ['two Content-Lengths that differ', post([`content-length: ${BODY.length}`, 'content-length: 0'], BODY)],
    [
      'two Content-Lengths that agree',
      post([`content-length: ${BODY.length}`, `content-length: ${BODY.length}`], BODY),
    ],
    ['a list of Content-Lengths', post([`content-length: ${BODY.length}, ${BODY.length}`], BODY)],
    ['a Content-Length with a sign', post([`content-length: +${BODY.length}`], BODY)],
    ['a negative Content-Length', post(['content-length: -1'], BODY)],
    ['a hexadecimal Content-Length', post([`content-length: 0x${BODY.length.toString(16)}`], BODY)],
    ['a Content-Length beyond all numbers', post(['content-length: 99999999999999999999'], BODY)],
    ['an empty Content-Length', post(['content-length: '], BODY)],
    ['Transfer-Encoding: xchunked', post(['transfer-encoding: xchunked'], CHUNKED)],
    ['Transfer-Encoding: chunked, identity', post(['transfer-encoding: chunked, identity'], CHUNKED)],
    ['Transfer-Encoding: "chunked"', post(['transfer-encoding: "chunked"'], CHUNKED)],
    ['Transfer-Encoding : chunked', post(['transfer-encoding : chunked'], CHUNKED)],
    ['a blank before Transfer-Encoding', post([' transfer-encoding: chunked'], CHUNKED)],
    ['a vertical tab in Transfer-Encoding', post(['transfer-encoding: \x0bchunked'], CHUNKED)],
    ['a folded header', post(['x-folded: a', ' b', `content-length: ${BODY.length}`], BODY)],
    ['a bare CR in a header', post([`x-a: b\rcontent-length: ${BODY.length}`], BODY)],
    ['a NUL in a header', post([`x-a: b\0`, `content-length: ${BODY.length}`], BODY)],
    ['a name that is not a name', post([`x a: b`, `content-length: ${BODY.length}`], BODY)],
    ['a chunk whose size is none', post(['transfer-encoding: chunked'], 'zz\r\nhi\r\n0\r\n\r\n')],
    ['a chunk with a negative size', post(['transfer-encoding: chunked'], '-1\r\nhi\r\n0\r\n\r\n')],
    ['a chunk beyond all sizes', post(['transfer-encoding: chunked'], 'fffffffffffffffff\r\nhi\r\n')],
    ['a chunk that is longer than it says', post(['transfer-encoding: chunked'], '1\r\nhi\r\n0\r\n\r\n')],
    ['lines that end in LF alone within chunks', post(['transfer-encoding: chunked'], '2\nhi\n0\n\n')],
    ['a request line with another protocol', `GET /api/version SMTP/1.1\r\nhost: localhost\r\n\r\n`],
    ['a version that does not exist', `GET /api/version HTTP/9.9\r\nhost: localhost\r\n\r\n`],
    ['a method that does not exist', `GETT /api/version HTTP/1.1\r\nhost: localhost\r\n\r\n`],
    ['a blank in the target', `GET /api/ version HTTP/1.1\r\nhost: localhost\r\n\r\n`],
    ['no HTTP at all', `\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03`],
  ])('%s', async (_, bytes) => {
    const world = await startWorld();
    const raw = await exchange(world, bytes + SMUGGLED);
    expect(statusesIn(raw)).toEqual([400]);
    expect(raw.toLowerCase()).toContain('connection: close');
    expect(raw).toContain('x-request-id: req_');
    expect(raw).not.toContain('"version"');
    expect(world.sentOf('prompt')).toHaveLength(0);
  });
});

describe('a body', () => {
  it('of a GET is read as its body and not as the next request', async () => {
    const world = await startWorld();
    const bytes = `GET /api/tags HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${SMUGGLED.length}\r\nconnection: close\r\n\r\n`;
    const raw = await exchange(world, bytes + SMUGGLED);
    expect(statusesIn(raw)).toEqual([200]);
    expect(raw).not.toContain('"version"');
  });

  it('of a refused request is read as its body and not as the next request', async () => {
    const world = await startWorld();
    const bytes = `POST /api/chat HTTP/1.1\r\nhost: evil.example\r\ncontent-length: ${SMUGGLED.length}\r\n\r\n`;
    const raw = await exchange(
      world,
      `${bytes}${SMUGGLED}GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`,
    );
    expect(statusesIn(raw)).toEqual([403, 200]);
    expect(raw).not.toContain('"version"');
  });

  it('in chunks with extensions, trailers and another spelling of chunked is read once', async () => {
    const world = await startWorld();
    const chunks = `${BODY.length.toString(16)};a=b\r\n${BODY}\r\n0\r\nhost: evil.example\r\n\r\n`;
    const raw = await exchange(world, post(['Transfer-Encoding: Chunked', 'connection: close'], chunks));
    expect(statusesIn(raw)).toEqual([200]);
    expect(world.sentOf('prompt')).toHaveLength(1);
  });

  it('that breaks its chunks after the first ones costs its request a 400 and the connection', async () => {
    const world = await startWorld();
    const raw = await exchange(
      world,
      post(['transfer-encoding: chunked'], '2\r\nhi\r\nnonsense\r\n') + SMUGGLED,
    );
    expect(statusesIn(raw)).toEqual([400]);
    expect(world.sentOf('prompt')).toHaveLength(0);
  });

  it('of a careful client is not asked for where its framing is in doubt', async () => {
    const world = await startWorld();
    const fields = ['expect: 100-continue', 'content-length: 5', 'transfer-encoding: chunked'];
    expect(statusesIn(await exchange(world, post(fields, '')))).toEqual([400]);
  });
});

describe('a request target', () => {
  it.each<[string, number, readonly string[]]>([
    ['GET http://evil.example/api/version', 403, ['host: localhost']],
    ['GET http://evil.example/api/version', 403, ['host: evil.example']],
    ['GET http://localhost/api/version', 403, ['host: evil.example']],
    ['GET http://localhost@evil.example/api/version', 400, ['host: localhost']],
    ['GET http://evil.example#@localhost/api/version', 400, ['host: localhost']],
    ['GET http://localhost%2eevil.example/api/version', 400, ['host: localhost']],
    ['GET file:///etc/passwd', 400, ['host: localhost']],
    ['GET evil.example:80', 400, ['host: localhost']],
    ['GET *', 400, ['host: localhost']],
    ['OPTIONS *', 400, ['host: localhost']],
    ['GET //evil.example/api/version', 404, ['host: localhost']],
    [
      'GET /api/version',
      403,
      ['host: evil.example', 'x-forwarded-host: localhost', 'forwarded: host=localhost'],
    ],
    ['GET /api/%76ersion/../delete', 405, ['host: localhost', 'x-http-method-override: DELETE']],
  ])('%s is answered with %d: %j', async (line, status, fields) => {
    const world = await startWorld();
    const raw = await exchange(
      world,
      [`${line} HTTP/1.1`, ...fields, 'connection: close', '', ''].join('\r\n'),
    );
    expect(statusesIn(raw)).toEqual([status]);
    expect(raw).not.toContain('"version"');
  });

  it('that goes round by an open path still needs the key', async () => {
    const world = await startWorld({ env: { OLLAMA_SERVER_API_KEY: 'secret' } });
    for (const path of [
      '/healthz/../api/version',
      '/healthz/%2e%2e/api/version',
      '//healthz/../api/version',
    ]) {
      const raw = await exchange(
        world,
        `GET ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`,
      );
      expect([path, ...statusesIn(raw)]).toEqual([path, 401]);
    }
  });

  it('is checked against every Host, behind however many other headers it stands', async () => {
    const world = await startWorld();
    const many = 'a: b\r\n'.repeat(3_000);
    const raw = await exchange(
      world,
      `GET / HTTP/1.1\r\nhost: localhost\r\n${many}host: evil.example\r\nconnection: close\r\n\r\n`,
    );
    expect(statusesIn(raw)).toEqual([400]);
  });

  it('puts no line of its own into the headers of a redirect', async () => {
    const world = await startWorld();
    const raw = await exchange(
      world,
      'GET /api/tags%0d%0aset-cookie:%20a=b/ HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n',
    );
    expect(raw).not.toMatch(/^set-cookie/im);
  });

  it('of CONNECT opens no tunnel: 405, and the connection is closed', async () => {
    const world = await startWorld();
    const raw = await exchange(
      world,
      `CONNECT evil.example:443 HTTP/1.1\r\nhost: evil.example:443\r\n\r\n${SMUGGLED}`,
    );
    expect(statusesIn(raw)).toEqual([405]);
    expect(raw).not.toContain('"version"');
  });
});

describe('a change of protocol', () => {
  it.each([
    ['h2c', 'upgrade: h2c'],
    ['websocket', 'upgrade: websocket'],
  ])('to %s is not made: the request is answered as it stands', async (_, upgrade) => {
    const world = await startWorld();
    const raw = await exchange(
      world,
      `GET /api/version HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade, close\r\n${upgrade}\r\n\r\n`,
    );
    expect(statusesIn(raw)).toEqual([200]);
  });

  it('to h2c by a request with a body is not made, and the connection goes on', async () => {
    const world = await startWorld();
    const body = JSON.stringify({ model: 'claude-sonnet-4', input: 'hi'.repeat(50_000) });
    const ask = (connection: string) =>
      `POST /v1/responses HTTP/1.1\r\nhost: localhost\r\nconnection: ${connection}\r\nupgrade: h2c\r\n` +
      `http2-settings: AAMAAABkAAQCAAAAAAIAAAAA\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    const raw = await exchange(
      world,
      `${ask('Upgrade, HTTP2-Settings')}${ask('Upgrade, HTTP2-Settings, close')}`,
    );
    expect(statusesIn(raw)).toEqual([200, 200]);
  });

  it('to HTTP/2 by its preface gets a 400', async () => {
    const world = await startWorld();
    expect(statusesIn(await exchange(world, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'))).toEqual([400]);
  });
});

describe('a head that is too large gets a 431 and the connection is closed', () => {
  it.each<[string, string]>([
    ['one long header', `GET / HTTP/1.1\r\nhost: localhost\r\nx-bomb: ${'a'.repeat(20_000)}\r\n\r\n`],
    ['many headers', `GET / HTTP/1.1\r\nhost: localhost\r\n${'x-many: b\r\n'.repeat(5_000)}\r\n`],
    ['a long target', `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nhost: localhost\r\n\r\n`],
    ['a header that never ends', `GET / HTTP/1.1\r\nhost: localhost\r\nx-bomb: ${'a'.repeat(20_000)}`],
  ])('%s', async (_, bytes) => {
    const world = await startWorld();
    expect(statusesIn(await exchange(world, bytes))).toEqual([431]);
  });
});

describe('requests in a row on one connection', () => {
  const last = 'GET /api/version HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n';

  it.each<[string, string, number]>([
    ['refused for its host', 'GET / HTTP/1.1\r\nhost: evil.example\r\n\r\n', 403],
    ['not found', 'GET /nowhere HTTP/1.1\r\nhost: localhost\r\n\r\n', 404],
    ['with a body that is not JSON', post(['content-length: 3'], '{"}'), 400],
  ])('are answered one by one, where the first is whole but %s', async (_, first, status) => {
    const world = await startWorld();
    const raw = await exchange(world, first + last);
    expect(statusesIn(raw)).toEqual([status, 200]);
  });

  it('end with the first one that is malformed', async () => {
    const world = await startWorld();
    const client = await rawClient(world.url);
    client.send('GET /api/tags HTTP/1.1\r\nhost: localhost\r\n\r\n');
    await client.until('"models"');
    client.send(`nonsense\r\n\r\n${last}`);
    expect(statusesIn(await client.closed())).toEqual([200, 400]);
  });

  it('that turn malformed while a stream runs cut it rather than write into it', async () => {
    const world = await startWorld();
    const client = await rawClient(world.url);
    const body = JSON.stringify(chat('@script {"n":100000,"ms":5}'));
    client.send(post([`content-length: ${body.length}`], body));
    await client.until('t1 ');
    client.send('nonsense\r\n\r\n');
    const raw = await client.closed();
    expect(statusesIn(raw)).toEqual([200]);
    expect(raw).not.toContain('"done":true');
    expect(raw).not.toMatch(/\r\n0\r\n\r\n$/);
  });
});
