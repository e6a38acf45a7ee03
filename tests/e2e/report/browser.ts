import { spawnSync } from 'node:child_process';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

const CHROMIUM = spawnSync('which', ['chromium'], { encoding: 'utf8' }).stdout.trim();
const FLAGS =
  '--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync';
export const hasBrowser = CHROMIUM !== '';

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: FLAGS.split(' ') });
}

/** A title as a reader meets it when Chromium is absent. */
export function nameWithBrowser(name: string): string {
  return hasBrowser ? name : `${name} (skipped: chromium is not installed)`;
}

/** A page, with what it has complained of and asked for. */
export interface WatchedPage {
  readonly page: Page;
  readonly complaints: readonly string[];
  readonly requests: readonly string[];
}

export async function openWatched(
  browser: Browser,
  address: string,
  options: BrowserContextOptions,
): Promise<WatchedPage> {
  const page = await browser.newPage(options);
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => requests.push(request.url()));
  await page.goto(address);
  return { page, complaints, requests };
}

/** Opens a report of ours, and waits until its figures are drawn. */
export async function openDrawn(...args: Parameters<typeof openWatched>): Promise<WatchedPage> {
  const opened = await openWatched(...args);
  await opened.page.waitForFunction(
    'document.querySelectorAll("figure[data-drawn]").length === document.querySelectorAll("figure").length',
  );
  return opened;
}
