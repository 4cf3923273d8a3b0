import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { afterAll, describe, expect, it } from 'vitest';
import { eventually } from '../eventually.js';
import { chat, script, startWorld } from '../front-door/world.js';
import { chromium, keepScreenshot, openPage, stopBrowser } from './browser.js';

afterAll(stopBrowser);

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const WIDTHS = [380, 768, 1100, 1600];

const ANSWER = [
  '## Three planets\n\nA **table**, with `code` and a [link](https://example.com/a_b):\n\n',
  '| Planet | Moons |\n|---|---:|\n| Mars | 2 |\n| Saturn | 146 |\n\n1. First *read* it.\n2. Then run it:\n   - here\n\n',
  '```python\nfor planet in ["Mars", "Saturn"]:\n    print(f"{planet} is far away, and the line is long")\n```\n\n> Space is big.',
];

/** What axe-core complains about, in short. */
async function complaintsOfAxe(page: Page): Promise<unknown> {
  await page.evaluate(AXE);
  return page.evaluate(`axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
    violations.map(({ id, nodes }) => [id, ...nodes.slice(0, 3).map(({ html, failureSummary }) => html.slice(0, 120) + ' ' + failureSummary)]))`);
}

/** Texts of one line that do not fit in their box, and boxes that lie beyond the page. */
function whatIsCut(page: Page): Promise<unknown> {
  return page.evaluate(`(() => {
    const isShown = (element) => element.checkVisibility() && !element.matches('.skip, .hidden-text, .pick input');
    const ends = [...document.querySelectorAll('body *')].filter(isShown);
    const beyond = ends.filter((element) => {
      const scroller = element.closest('#answer, .pane, .scroll, pre, table');
      return scroller === null && element.getBoundingClientRect().right > innerWidth + 0.5;
    });
    const cut = [...document.querySelectorAll('button, dt, dd, h1, h2, h3, label, .state')].filter(
      (element) => isShown(element) && element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0,
    );
    return [...beyond, ...cut].map(({ outerHTML }) => outerHTML.slice(0, 100));
  })()`);
}

describe.skipIf(chromium.isSkipped)(`the page, as it looks${chromium.note}`, () => {
  it.each(['light', 'dark'] as const)(
    'is whole and fit for all at 380 to 1600 px, with figures, errors and an answer: %s',
    async (colorScheme) => {
      const world = await startWorld();
      const failing = chat(script({ error: { message: 'out of credit' } }), { stream: false });
      await (await world.post('/api/chat', failing)).text();
      const { page, complaints } = await openPage(world.url);
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.getByLabel('Model', { exact: true }).selectOption('claude-sonnet-4');
      await page.getByLabel('Message').fill(script({ reason: ['So a table it is.'], say: ANSWER }));
      await page.getByRole('button', { name: 'Send' }).click();
      await page.getByText(/^Done/).waitFor();
      const over = new AbortController();
      await world.post('/api/chat', chat(script({ n: 100_000, ms: 5 })), over.signal);
      await page
        .getByRole('table', { name: 'Turns that clients wait for now' })
        .getByText('answering')
        .waitFor();
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 1_000 });
        // The charts are drawn anew when the browser tells of the new size.
        await eventually(async () => expect([width, await whatIsCut(page)]).toEqual([width, []]));
        expect([width, await page.evaluate('document.documentElement.scrollWidth <= innerWidth')]).toEqual([
          width,
          true,
        ]);
        expect([width, await complaintsOfAxe(page)]).toEqual([width, []]);
        await keepScreenshot(page, `page-${width}-${colorScheme}`);
      }
      over.abort();
      expect(complaints).toEqual([]);
    },
    60_000,
  );

  it('says in each empty box what comes there, and is fit for all then too', async () => {
    const { url } = await startWorld();
    const { page } = await openPage(url);
    await page.getByText('Linked to humd').waitFor();
    const texts = await page.locator('main').innerText();
    expect(texts).toContain('Ask something: the answer shows here');
    expect(texts).toContain('No turn runs now.');
    expect(texts).toContain('No worker remembers a conversation.');
    expect(await page.getByRole('region', { name: 'Recent errors' }).isVisible()).toBe(false);
    expect(await complaintsOfAxe(page)).toEqual([]);
    await page.getByRole('button', { name: 'Why is the sky blue?' }).click();
    expect(await page.getByLabel('Message').inputValue()).toBe('Why is the sky blue?');
  });
});
