/** A real browser for a test, which may load nothing but what one bridge serves. */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium as driver, type Page } from 'playwright-core';
import { onTestFinished } from 'vitest';
import { systemProgram } from '../system-program.js';

/** The program that these tests need. */
export const chromium = systemProgram('chromium');

/** Where screenshots go; not in git. */
const ARTEFACTS = process.env['TEST_ARTEFACTS'] ?? 'test/artefacts';

let browser: Promise<Browser> | undefined;

/** One for all tests of a file. */
export function startBrowser(): Promise<Browser> {
  chromium.demand();
  browser ??= driver.launch({
    executablePath: execFileSync('sh', ['-c', 'command -v chromium'], { encoding: 'utf8' }).trim(),
    // Within a container there is no other way; it only ever sees our own pages.
    args: ['--no-sandbox', '--disable-gpu'],
  });
  return browser;
}

export async function stopBrowser(): Promise<void> {
  await (await browser)?.close();
}

export interface OpenPage {
  readonly page: Page;
  /** What the console was told that is no mere information, what was thrown, and what was asked of others. */
  readonly complaints: readonly string[];
}

/** A new visitor who has just opened `path` of `url`; closed when the test is over. */
export async function openPage(url: string, path = '/ui'): Promise<OpenPage> {
  const context = await (await startBrowser()).newContext({ viewport: { width: 1400, height: 1500 } });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => {
    const { origin, protocol } = new URL(request.url());
    if (origin !== new URL(url).origin && protocol !== 'data:') complaints.push(request.url());
  });
  await page.goto(url + path);
  return { page, complaints };
}

/** Keeps a picture of the page, and says where. */
export async function keepScreenshot(page: Page, name: string): Promise<void> {
  mkdirSync(ARTEFACTS, { recursive: true });
  const path = join(ARTEFACTS, `${name}.png`);
  await page.screenshot({ path, fullPage: true });
  process.stdout.write(`screenshot: ${path}\n`);
}
