import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import { afterAll, describe, expect, it } from 'vitest';
import { script, startWorld } from '../front-door/world.js';
import { chromium, openPage, stopBrowser } from './browser.js';

afterAll(stopBrowser);

const run = promisify(execFile);

/** One pixel. */
const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

async function send(page: Page, message: string, surface = '/api/chat'): Promise<void> {
  await page.getByLabel('API', { exact: true }).selectOption(surface);
  await page.getByLabel('Model', { exact: true }).selectOption('claude-sonnet-4');
  await page.getByLabel('Message').fill(message);
  await page.getByRole('button', { name: 'Send' }).click();
}

const isDone = (page: Page) => page.getByText(/^Done/).waitFor();
const answers = (page: Page) => page.getByRole('region', { name: 'answers' });

/** What `markdown.js` makes of a text, in HTML. */
function toHtml(page: Page, text: string): Promise<string> {
  return page
    .evaluate(
      `import('/ui/markdown.js').then(({ renderMarkdown }) => {
      const box = document.createElement('div');
      box.append(...renderMarkdown(${JSON.stringify(text)}));
      for (const head of box.querySelectorAll('.code .head button')) head.remove();
      return box.innerHTML;
    })`,
    )
    .then(String);
}

const code = (language: string, text: string) =>
  `<div class="code"><div class="head"><span>${language || 'code'}</span></div><pre tabindex="0" role="region" aria-label="${
    language ? `Code in ${language}` : 'Code'
  }"><code>${text}</code></pre></div>`;
const link = (to: string, text: string) =>
  `<a href="${to}" rel="noopener noreferrer nofollow" target="_blank">${text}</a>`;

describe.skipIf(chromium.isSkipped)(`the playground, in a browser${chromium.note}`, () => {
  it('makes elements of markdown, and only text of all else', async () => {
    const { url } = await startWorld();
    const { page, complaints } = await openPage(url);
    const cases: readonly (readonly [string, string])[] = [
      ['one\ntwo  \nthree', '<p>one\ntwo<br>three</p>'],
      [
        '**a** *b* ***c*** ~~d~~ `e` __f__ _g_',
        '<p><strong>a</strong> <em>b</em> <strong><em>c</em></strong> <s>d</s> <code>e</code> <strong>f</strong> <em>g</em></p>',
      ],
      ['snake_case_name 2 * 3 * 4 \\*not\\*', '<p>snake_case_name 2 * 3 * 4 *not*</p>'],
      ['**a *b* c**', '<p><strong>a <em>b</em> c</strong></p>'],
      ['`` a`b ``', '<p><code>a`b</code></p>'],
      [
        '- a\n- b\n  1. c\n  2. d\n- e',
        '<ul><li>a</li><li>b<ol><li>c</li><li>d</li></ol></li><li>e</li></ul>',
      ],
      ['3. a\n4. b', '<ol start="3"><li>a</li><li>b</li></ol>'],
      ['- a\n\n- b', '<ul><li><p>a</p></li><li><p>b</p></li></ul>'],
      ['- [ ] a\n- [x] b', '<ul><li class="task">☐ a</li><li class="task">☑ b</li></ul>'],
      ['> a\n> > b', '<blockquote><p>a</p><blockquote><p>b</p></blockquote></blockquote>'],
      ['a\n***\nb', '<p>a</p><hr><p>b</p>'],
      ['# a #\nb', '<div role="heading" aria-level="3" class="h1">a</div><p>b</p>'],
      ['```js\nlet a = `b`;\n\n# c\n```\nd', `${code('js', 'let a = `b`;\n\n# c')}<p>d</p>`],
      ['~~~\nnot closed', code('', 'not closed')],
      [
        '| a | b |\n|---|:-:|\n| `c` | d \\| e |',
        '<table tabindex="0" aria-label="Table"><thead><tr><th scope="col">a</th><th scope="col" style="text-align: center;">b</th></tr></thead><tbody><tr><td><code>c</code></td><td style="text-align: center;">d | e</td></tr></tbody></table>',
      ],
      [
        '[a](https://b.c/d_(e)) <https://f.g>',
        `<p>${link('https://b.c/d_(e)', 'a')} ${link('https://f.g', 'https://f.g')}</p>`,
      ],
      ['see https://b.c/d?e=f_g.', `<p>see ${link('https://b.c/d?e=f_g', 'https://b.c/d?e=f_g')}.</p>`],
      ['![a](https://b.c/d.png)', `<p>${link('https://b.c/d.png', 'Image: a')}</p>`],
      ['[a](javascript:alert(1))', '<p><span>a (javascript:alert(1))</span></p>'],
      [
        '[a](data:text/html,b) <javascript:c>',
        '<p><span>a (data:text/html,b)</span> &lt;javascript:c&gt;</p>',
      ],
      [
        '<img src=x onerror=alert(1)><script>a</script>',
        '<p>&lt;img src=x onerror=alert(1)&gt;&lt;script&gt;a&lt;/script&gt;</p>',
      ],
      ['', ''],
    ];
    for (const [text, html] of cases) expect([text, await toHtml(page, text)]).toEqual([text, html]);
    expect(await toHtml(page, '```"><img src=x>\na\n```')).not.toContain('<img');
    expect(complaints).toEqual([]);
  });

  it('shows the same of an answer that grows as of one that is whole, and is not held up by any', async () => {
    const { url } = await startWorld();
    const { page } = await openPage(url);
    const text =
      '# a\n\nb *c*\n\n- d\n\n  e\n- f\n\n```\ng\n\nh\n```\n\n> i\n\nj | k\n--|--\nl | m\n\n1. n\n\n2. o\n\np';
    const differing =
      await page.evaluate(`import('/ui/markdown.js').then(({ renderMarkdown, settledLength }) => {
      const text = ${JSON.stringify(text)};
      const html = (...texts) => {
        const box = document.createElement('div');
        for (const each of texts) box.append(...renderMarkdown(each));
        return box.innerHTML;
      };
      const lengths = [...text].map((_, index) => text.slice(0, index + 1)).filter((shown) => {
        const settled = settledLength(shown);
        return html(text) !== html(text.slice(0, settled), text.slice(settled));
      });
      return lengths;
    })`);
    expect(differing).toEqual([]);
    const slow = await page.evaluate(`import('/ui/markdown.js').then(({ renderMarkdown }) => {
      const hostile = ['**a ', '[', '[a](', '__a ', '\\\`', '*a', '> ', '- ', '| a ', '![', '~~a', '<http:', 'http://(', '  \\n'];
      const began = performance.now();
      for (const each of hostile) renderMarkdown(each.repeat(20_000));
      for (const each of hostile) renderMarkdown(each.repeat(10_000 / each.length));
      return performance.now() - began;
    })`);
    expect(Number(slow)).toBeLessThan(20_000);
  });

  it('keeps the conversation, folds thoughts, and says what an answer has cost', async () => {
    const world = await startWorld();
    const { page, complaints } = await openPage(world.url);
    await send(page, script({ reason: ['Let me', ' see.'], say: ['**First** answer <b>here</b>.'] }));
    await isDone(page);
    await send(page, 'Second question');
    await expect.poll(() => world.sentOf('prompt').length).toBe(2);
    await isDone(page);
    const shown = answers(page);
    expect(await shown.locator('.asked').count()).toBe(2);
    expect(await shown.locator('strong').innerText()).toBe('First');
    expect(await shown.innerText()).toContain('<b>here</b>');
    const thoughts = shown.getByText('Let me see.');
    expect(await thoughts.isVisible()).toBe(false);
    await shown.getByText(/^Thought for/).click();
    expect(await thoughts.isVisible()).toBe(true);
    expect(await shown.locator('.facts').first().innerText()).toMatch(
      /^claude-sonnet-4 · stop, \d+ tokens · \d+ tokens before it · first after \d+ ms · [\d.]+ s/,
    );
    await page.getByRole('button', { name: 'New conversation' }).click();
    expect(await shown.innerText()).toContain('Ask something');
    expect(complaints).toEqual([]);
  });

  it.each([
    ['/api/chat', `"images": [\n        "${PNG}"`],
    ['/v1/chat/completions', `"url": "data:image/png;base64,${PNG}"`],
    ['/v1/messages', `"media_type": "image/png",\n            "data": "${PNG}"`],
  ])('sends images with a message, by %s', async (surface, field) => {
    const world = await startWorld();
    const { page, complaints } = await openPage(world.url);
    const pixel = { name: 'pixel.png', mimeType: 'image/png', buffer: Buffer.from(PNG, 'base64') };
    const picker = page.getByLabel('Add images');
    await picker.setInputFiles([pixel, { ...pixel, name: 'other.png' }]);
    await page.getByRole('button', { name: 'Leave out other.png' }).click();
    await picker.setInputFiles({ name: 'a.txt', mimeType: 'text/plain', buffer: Buffer.from('a') });
    await page.getByText('a.txt is no PNG, JPEG, WebP or GIF.').waitFor();
    await send(page, 'What is this?', surface);
    await isDone(page);
    expect(await answers(page).getByRole('img', { name: 'pixel.png' }).count()).toBe(1);
    expect(await page.locator('#request').textContent()).toContain(field);
    expect(world.sentOf('prompt')).toHaveLength(1);
    expect(JSON.stringify(world.sentOf('prompt')[0])).toContain(PNG);
    expect(complaints).toEqual([]);
  });

  it('gives the request on screen as programs, which do the same', async () => {
    const world = await startWorld({ config: { apiKey: 'the-key' } });
    const { page } = await openPage(world.url);
    await page.getByLabel(/A key of this bridge/).fill('the-key');
    await page.getByRole('button', { name: 'Use the key' }).click();
    const message = `It's "quoted", \\ and $HOME \`too\` ${String.fromCodePoint(0x1f41d)}`;
    await expect
      .poll(() => page.getByLabel('Model', { exact: true }).innerText())
      .toContain('claude-sonnet-4');
    await send(page, message);
    await isDone(page);
    const programOf = async (form: string) => {
      await page.getByRole('button', { name: form, exact: true }).click();
      const text = (await page.locator('#request').textContent()) ?? '';
      expect(text).not.toContain('the-key');
      return text;
    };
    const env = { ...process.env, BRIDGE_KEY: 'the-key' };
    const asked = async () => {
      await expect.poll(() => world.sentOf('prompt').length).toBeGreaterThan(0);
      return world.sentOf('prompt').at(-1)?.['text'];
    };
    const curl = await run('bash', ['-c', await programOf('curl')], { env });
    expect(curl.stdout).toContain('"done":true');
    expect(await asked()).toBe(message);
    const script = await programOf('JavaScript');
    const node = await run(process.execPath, ['--input-type=module', '--eval', script], { env });
    expect(node.stdout).toContain('"done":true');
    const python = await programOf('Python');
    const check = `import ast, sys; print([k.value.keys[1].value for n in ast.walk(ast.parse(sys.argv[1])) if isinstance(n, ast.Call) for k in n.keywords if k.arg == "json"])`;
    const parsed = await run('python3', ['-c', check, python]).catch(() => undefined);
    if (parsed !== undefined) expect(parsed.stdout).toContain('stream');
    expect(world.sentOf('prompt').map((tone) => tone['text'])).toEqual([message, message, message]);
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByRole('button', { name: 'Copy as Python' }).click();
    await page.getByText('Copied.').waitFor();
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(python.trimEnd());
  });

  it('shows how fast it was, and marks what is old once the bridge is gone', async () => {
    const world = await startWorld();
    const { page } = await openPage(world.url);
    await send(page, script({ n: 200, ms: 10 }));
    await isDone(page);
    const rate = page.getByRole('img', {
      name: /^Tokens a second over the last 3 minutes: now [\d.]+, most/,
    });
    await rate.waitFor();
    await page
      .getByRole('img', { name: /^Time to the first token over the last 3 minutes: slowest [\d.]+ m?s/ })
      .waitFor();
    expect(await rate.locator('text').allTextContents()).toEqual(
      expect.arrayContaining(['0', expect.stringMatching(/^3 min/), 'now']),
    );
    await rate.hover();
    await expect.poll(() => page.locator('#rate-reading').innerText()).toMatch(/now|ago/);
    expect(await page.locator('#tiles').innerText()).toMatch(/Turns so far\n1\n0 failed/);
    expect(await page.locator('#freshness').innerText()).toMatch(/^as of /);
    await world.bridge.close();
    await page.getByText('The bridge does not answer').waitFor();
    expect(await page.locator('#freshness').innerText()).toMatch(/^old: as of /);
    expect(await page.locator('body').getAttribute('class')).toBe('stale');
  });

  it('hides errors that were seen until there is another one', async () => {
    const { url } = await startWorld();
    const { page } = await openPage(url);
    const failing = script({ error: { message: 'out of credit' } });
    await send(page, failing);
    const errors = page.getByRole('region', { name: 'Recent errors' });
    await errors.waitFor();
    const above = await page.evaluate(
      "document.getElementById('errors').compareDocumentPosition(document.getElementById('tiles')) & Node.DOCUMENT_POSITION_FOLLOWING",
    );
    expect(above).toBeTruthy();
    await page.getByRole('button', { name: 'Hide until the next one' }).click();
    expect(await errors.isVisible()).toBe(false);
    await page.reload();
    await page.getByRole('button', { name: 'Show them again' }).waitFor();
    expect(await errors.isVisible()).toBe(false);
    await send(page, failing);
    await errors.waitFor();
  });
});
