/** No field of a body is dropped behind a 200: it reaches the server, the bridge does what it asks, or the head of the answer names it. */
import { describe, expect, it } from 'vitest';
import { FIELD_SURFACES, fieldsWithoutRow } from '../front-door/every-field.js';
import { startUpstreamWorld } from './upstream-world.js';

describe.each(FIELD_SURFACES)('each field of $name', (surface) => {
  const { path, rows, base } = surface;

  it('has a row', () => {
    expect(fieldsWithoutRow(surface)).toEqual([]);
    expect(rows.filter(({ sent, isNamed, here }) => !sent && !isNamed && !here)).toEqual([]);
  });

  it('reaches the server, is done here, or is named', async () => {
    const { upstream, post } = await startUpstreamWorld();
    upstream.onChat = (answer) => answer.delta({ content: '{}' }).finish('stop');
    const ask = async (fields: object) => {
      const response = await post(path, { ...base('llama3', 'Hello?'), ...fields });
      const text = await response.text();
      const sent = upstream.chats.at(-1)?.body ?? {};
      const status = response.status === 200 ? 200 : `${response.status}: ${text}`;
      return { status, sent, named: response.headers.get('x-hum-ignored') };
    };
    const { sent: plain } = await ask({});
    const found: unknown[] = [];
    for (const { fields } of rows) {
      const { status, sent, named } = await ask(fields);
      const news = Object.entries(sent).filter(
        ([name, value]) => JSON.stringify(value) !== JSON.stringify(plain[name]),
      );
      found.push([fields, status, Object.fromEntries(news), named]);
    }
    expect(found).toEqual(
      rows.map(({ name, fields, sent = {}, isNamed }) => [fields, 200, sent, isNamed ? name : null]),
    );
  });
});
