import { describe, expect, it } from 'vitest';
import { text, toMessages, toRequest } from './to-request.js';

const PIXEL = 'iVBORw0KGgoAAAANSUhEUg==';
const PIXEL_BYTES = 16;

describe('images', () => {
  const image = (source: object) => ({ type: 'image', source });
  const base64 = (data: string) => image({ type: 'base64', media_type: 'IMAGE/PNG', data });

  it('come as bytes or as an address, in messages and in results', () => {
    const address = image({ type: 'url', url: 'https://example.com/a.png' });
    const content = [base64(PIXEL), { type: 'tool_result', tool_use_id: 't', content: [address] }, text('a')];
    expect(toMessages({ role: 'user', content }).messages).toEqual([
      {
        role: 'tool',
        content: [{ type: 'image', mediaType: 'image/*', url: 'https://example.com/a.png' }],
        toolCallId: 't',
      },
      { role: 'user', content: [{ type: 'image', mediaType: 'image/png', data: PIXEL }, text('a')] },
    ]);
  });

  it('may be large, up to the limit', () => {
    const messages = [{ role: 'user', content: [base64('A'.repeat(16_000_000))] }];
    expect(toRequest({ messages }, 12_000_000).messages).toHaveLength(1);
    expect(() => toRequest({ messages }, 11_999_999)).toThrow(
      'messages.0.content.0.source.data: image exceeds the maximum: 12000000 bytes > 11999999 bytes',
    );
    const padded = [{ role: 'user', content: [base64(PIXEL)] }];
    expect(toRequest({ messages: padded }, PIXEL_BYTES).messages).toHaveLength(1);
    expect(() => toRequest({ messages: padded }, PIXEL_BYTES - 1)).toThrow('image exceeds the maximum');
  });

  it.each(['', 'iVBOR', 'iVBOR*w0', 'AA=A', '====', `data:image/png;base64,${PIXEL}`])(
    'are not %j',
    (data) => {
      expect(() => toMessages({ role: 'user', content: [text('a'), base64(data)] })).toThrow(
        'messages.0.content.1.source.data: Input should be valid base64',
      );
      const inResult = { type: 'tool_result', tool_use_id: 't', content: [text('a'), base64(data)] };
      expect(toMessages({ role: 'user', content: [inResult] }).messages).toEqual([
        {
          role: 'tool',
          content: [
            text('a'),
            text('[An image was here. It is left out: it cannot be given to this model.]'),
          ],
          toolCallId: 't',
        },
      ]);
    },
  );

  it.each(['file:///etc/passwd', 'http://', 'a.png', ''])('are not at %j', (url) => {
    expect(() => toMessages({ role: 'user', content: [image({ type: 'url', url })] })).toThrow(
      'messages.0.content.0.source.url: Input should be a URL',
    );
  });
});
