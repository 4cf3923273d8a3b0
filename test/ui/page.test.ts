import { afterAll, describe, expect, it } from 'vitest';
import { chat, script, startWorld } from '../front-door/world.js';
import { chromium, keepScreenshot, openPage, stopBrowser } from './browser.js';
import type { Page } from 'playwright-core';

afterAll(stopBrowser);

const LINKED = 'Linked to humd';

async function send(page: Page, message: string, surface = '/api/chat'): Promise<void> {
  await page.getByLabel('API', { exact: true }).selectOption(surface);
  await page.getByLabel('Model', { exact: true }).selectOption('claude-sonnet-4');
  await page.getByLabel('Message').fill(message);
  await page.getByRole('button', { name: 'Send' }).click();
}

/** The `chi` of the tones that are shown, with their direction. */
async function shownTones(page: Page): Promise<readonly string[]> {
  const text = await page.locator('#tones').innerText();
  return [...text.matchAll(/^(sent|received) \{.*?"chi":"([a-z-]+)"/gm)].map(
    ([, direction, chi]) => `${direction} ${chi}`,
  );
}

/** Figures are a second old at most, and the machine may be busy. */
const soon = <T>(read: () => T) => expect.poll(read, { timeout: 10_000 });

const waitFor = (page: Page, text: string | RegExp) => page.getByText(text).first().waitFor();

describe.skipIf(chromium.isSkipped)(`the page, in a browser${chromium.note}`, () => {
  it('loads without a complaint and shows models, workers and figures', async () => {
    const { url } = await startWorld();
    const { page, complaints } = await openPage(url);
    await waitFor(page, LINKED);
    const models = page.getByRole('table', { name: 'Models, and who serves them now' });
    await expect
      .poll(() => models.getByRole('row').allInnerTexts())
      .toContain('claude-sonnet-4\tclaude-sonnet-4\tmesh\techo\tstateless_per_call');
    expect(await page.locator('#figures').innerText()).toContain('Sockets\n1 up');
    expect(complaints).toEqual([]);
  });

  it('shows the conversations that workers remember', async () => {
    const world = await startWorld({ statefulness: 'stateful_session' });
    await (await world.post('/v1/chat/completions', chat('hello', { prompt_cache_key: 'mine' }))).text();
    const { page } = await openPage(world.url);
    const conversations = page.getByRole('table', { name: 'Those that workers remember' });
    await soon(() => conversations.getByRole('row').allInnerTexts()).toContainEqual(
      expect.stringMatching(/^[\da-f-]{36}\tmine\tclaude-sonnet-4\tkept\t1\t\d+ s\t\d+ s$/),
    );
  });

  it('says that the link is down when the daemon stops, and up again', async () => {
    const world = await startWorld();
    const { page } = await openPage(world.url);
    await waitFor(page, LINKED);
    await world.stopDaemon();
    await waitFor(page, 'No link to humd');
    await world.startDaemon();
    await waitFor(page, LINKED);
    await world.bridge.close();
    await waitFor(page, 'The bridge does not answer');
  });

  it.each([
    ['/api/chat', '"done":true', '"model": "claude-sonnet-4"'],
    ['/v1/chat/completions', 'data: [DONE]', '"include_usage": true'],
    ['/v1/messages', '"type":"message_stop"', '"max_tokens": 4096'],
  ])(
    'streams a chat by %s, token by token, with its request, tones and lines',
    async (surface, end, field) => {
      const world = await startWorld();
      const { page, complaints } = await openPage(world.url);
      await waitFor(page, LINKED);
      const answer = page.getByRole('region', { name: 'Answer' });
      await send(page, script({ reason: ['Hm. '], n: 40, ms: 25 }), surface);
      await waitFor(page, /t3 /);
      expect(await answer.innerText()).not.toContain('t39');
      const live = page.getByRole('table', { name: 'Turns that clients wait for now' });
      await soon(() => live.innerText()).toContain('claude-sonnet-4');
      await waitFor(page, /^Done: .*tokens\.$/);
      const all = Array.from({ length: 40 }, (_, index) => `t${index} `).join('');
      expect(await answer.locator('.text').textContent()).toBe(all);
      const request = await page.locator('#request').innerText();
      expect(request).toContain(`POST ${surface}`);
      expect(request).toMatch(/x-request-id: ui-/);
      expect(request).toContain(field);
      expect(await page.locator('#response').innerText()).toContain(end);
      await soon(() => shownTones(page)).toContain('sent cleanup');
      const tones = await shownTones(page);
      expect(tones[0]).toBe('sent prompt');
      expect(tones.filter((tone) => tone === 'received chunk').length).toBeGreaterThanOrEqual(40);
      expect(tones).toContain('received finish');
      expect(complaints).toEqual([]);
    },
  );

  it('goes on with the conversation, and begins a new one', async () => {
    const world = await startWorld();
    const { page } = await openPage(world.url);
    await waitFor(page, LINKED);
    await send(page, 'First words');
    await waitFor(page, /^Done/);
    await send(page, 'Second words');
    await soon(() => world.sentOf('prompt').length).toBe(2);
    await waitFor(page, /^Done/);
    expect(world.sentOf('prompt')[1]?.['text']).toContain('First words');
    await page.getByRole('button', { name: 'New conversation' }).click();
    await send(page, 'Third words');
    await soon(() => world.sentOf('prompt').length).toBe(3);
    expect(world.sentOf('prompt')[2]?.['text']).toBe('Third words');
  });

  it('stops a turn, of which the daemon hears', async () => {
    const world = await startWorld();
    const { page } = await openPage(world.url);
    await waitFor(page, LINKED);
    await send(page, script({ n: 1000, ms: 20 }));
    await waitFor(page, /t2 /);
    await page.getByRole('button', { name: 'Stop' }).click();
    await waitFor(page, 'Stopped.');
    await soon(() => world.sentOf('cancel').length).toBe(1);
    await soon(() => shownTones(page)).toContain('sent cancel');
  });

  it.each(['/api/chat', '/v1/chat/completions', '/v1/messages'])(
    'answers a tool call itself and goes on, by %s',
    async (surface) => {
      const world = await startWorld();
      const { page, complaints } = await openPage(world.url);
      await waitFor(page, LINKED);
      await page.getByLabel('Offer these tools').check();
      const steps = { tools: [{ name: 'get_time', args: { timeZone: 'Asia/Tokyo' } }], then: ['Late.'] };
      await send(page, script(steps), surface);
      await waitFor(page, /^Done/);
      const answer = await page.getByRole('region', { name: 'Answer' }).innerText();
      expect(answer).toContain('Calls get_time {"timeZone":"Asia/Tokyo"}');
      expect(answer).toMatch(/Result of get_time: .*20\d\d.*GMT\+9/);
      expect((await page.locator('#request').innerText()).split(`POST ${surface}`)).toHaveLength(3);
      expect(await shownTones(page)).toContain('sent tool-result');
      expect(complaints).toEqual([]);
    },
  );

  it('asks for the result of any other tool', async () => {
    const world = await startWorld();
    const { page } = await openPage(world.url);
    await waitFor(page, LINKED);
    await page.getByLabel('Offer these tools').check();
    await page.getByText('Edit the tools').click();
    const editor = page.getByRole('textbox', { name: /^Tools/ });
    await editor.fill('[{"name":');
    await send(page, 'no matter');
    await waitFor(page, /^The tools are no JSON/);
    expect(world.sentOf('prompt')).toEqual([]);
    await editor.fill('[{"name":"weather"}]');
    await send(page, script({ tools: [{ name: 'weather', args: { city: 'Rome' } }], then: ['So.'] }));
    await page.getByLabel('Result of weather {"city":"Rome"}').fill('Rain & <b>wind</b>');
    await page.getByRole('button', { name: 'Give the result' }).click();
    await waitFor(page, /^Done/);
    expect(await page.getByRole('region', { name: 'Answer' }).innerText()).toContain(
      'Result of weather: Rain & <b>wind</b>',
    );
  });

  it('shows an error in the answer, and among the recent ones with what to do', async () => {
    const { url } = await startWorld();
    const { page } = await openPage(url);
    await waitFor(page, LINKED);
    await send(page, script({ error: { message: 'out of <i>credit</i>' } }));
    await waitFor(page, 'Failed.');
    expect(await page.getByRole('region', { name: 'Answer' }).innerText()).toContain('out of <i>credit</i>');
    const faults = page.getByRole('region', { name: 'Recent errors' });
    await soon(() => faults.innerText()).toContain('worker-error');
    expect(await faults.getByRole('row').nth(1).getByRole('cell').nth(2).innerText()).toMatch(/\w+\.$/);
  });

  it('asks for the key that the bridge wants, and forgets it when told', async () => {
    const { url } = await startWorld({ config: { apiKey: 'the-right-key' } });
    const { page } = await openPage(url);
    const field = page.getByLabel(/A key of this bridge/);
    await field.fill('a-wrong-one');
    await field.press('Enter');
    await waitFor(page, 'incorrect API key provided.');
    await field.fill('the-right-key');
    await field.press('Enter');
    await waitFor(page, LINKED);
    expect(await field.isVisible()).toBe(false);
    await send(page, 'Hello there');
    await waitFor(page, /^Done/);
    expect(await page.locator('#request').innerText()).not.toContain('the-right-key');
    await soon(() => shownTones(page)).toContain('sent prompt');
    await page.reload();
    await waitFor(page, LINKED);
    await page.getByRole('button', { name: 'Forget the key' }).click();
    await field.waitFor();
  });

  it('can be used with the keyboard alone', async () => {
    const world = await startWorld();
    const { page } = await openPage(world.url);
    await waitFor(page, LINKED);
    const { keyboard } = page;
    const focused = () => page.evaluate('document.activeElement.id || document.activeElement.hash');
    await keyboard.press('Tab');
    expect(await focused()).toBe('#main');
    await keyboard.press('Tab');
    await keyboard.press('Enter');
    expect(await focused()).toBe('playground-title');
    const order: unknown[] = [];
    for (let at = 0; at < 4; at++) {
      await keyboard.press('Tab');
      order.push(await focused());
    }
    expect(order).toEqual(['surface', 'model', 'system', 'message']);
    await page.getByLabel('Model', { exact: true }).selectOption('claude-sonnet-4');
    await keyboard.insertText(script({ n: 1000, ms: 20 }));
    await keyboard.press('Control+Enter');
    await waitFor(page, /t2 /);
    await keyboard.press('Escape');
    await waitFor(page, 'Stopped.');
    expect(await focused()).toBe('message');
    await soon(() => world.sentOf('cancel').length).toBe(1);
  });

  it('has a name for each control and landmark', async () => {
    const { url } = await startWorld();
    const { page } = await openPage(url);
    await waitFor(page, LINKED);
    await page.getByText('Edit the tools').click();
    const tree = await page.locator('body').ariaSnapshot();
    const lines = tree.split('\n').map((line) => line.trim());
    const controls = lines.filter((line) =>
      /^- (button|checkbox|combobox|textbox|link|region|table)\b/.test(line),
    );
    expect(controls.length).toBeGreaterThan(20);
    expect(controls.filter((line) => !/^- \w+ "[^"]+/.test(line))).toEqual([]);
    for (const landmark of ['- banner:', '- main:']) expect(lines).toContain(landmark);
    expect(lines).toContain('- status: Linked to humd');
  });

  it.each(['light', 'dark'] as const)('looks as the system has it, and as chosen: %s', async (scheme) => {
    const { url } = await startWorld();
    const { page } = await openPage(url);
    await page.emulateMedia({ colorScheme: scheme });
    await waitFor(page, LINKED);
    await send(page, 'Why is the sky blue?');
    await waitFor(page, /^Done/);
    const brightness = () =>
      page.evaluate('parseInt(getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0], 10)');
    const isLight = scheme === 'light';
    expect(Number(await brightness()) > 128).toBe(isLight);
    await keepScreenshot(page, `page-${scheme}`);
    await page.getByLabel('Colours').selectOption(isLight ? 'dark' : 'light');
    expect(Number(await brightness()) > 128).toBe(!isLight);
    await page.reload();
    expect(Number(await brightness()) > 128).toBe(!isLight);
  });

  it.each([1_400, 1_100, 1_000, 800, 400])(
    'moves nothing while it loads, figures and answers come: %i px wide',
    async (width) => {
      const { url } = await startWorld();
      const { page } = await openPage(url);
      await page.setViewportSize({ width, height: 1_000 });
      await page.addInitScript(
        "window.moved = []; new PerformanceObserver((list) => { for (const { value, hadRecentInput, sources } of list.getEntries()) if (!hadRecentInput) window.moved.push(value, ...sources.map(({ node }) => node?.outerHTML)); }).observe({ type: 'layout-shift' })",
      );
      // The longest that it says of itself.
      await page.route('**/ui/api/status*', async (route) => {
        const response = await route.fetch();
        const status = await response.json();
        const processes = Array.from({ length: 16 }, () => status.processes[0]);
        const identity = { kind: 'anthropic-server', version: '10.20.30', hid: 'fbee_WMWMWMWMWM' };
        await route.fulfill({ response, json: { ...status, ...identity, processes } });
      });
      await page.reload();
      await waitFor(page, LINKED);
      await send(page, script({ n: 60, ms: 20 }));
      await waitFor(page, /^Done/);
      expect(await page.evaluate('window.moved')).toEqual([]);
      expect(await page.locator('#identity').getAttribute('title')).toContain(
        'anthropic-server, 16 processes, fbee_',
      );
    },
  );
});
