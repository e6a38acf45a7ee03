import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { afterAll, expect, it } from 'vitest';
import { removeWorkspaces } from '../../fixtures/workspace.ts';
import { makeSweep } from './any-workspace.ts';

const CHROMIUM = spawnSync('which', ['chromium'], { encoding: 'utf8' }).stdout.trim();
const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking'];

afterAll(removeWorkspaces);

it.skipIf(CHROMIUM === '')('is sorted by a click, fits a phone, and asks for nothing', async () => {
  const workspace = makeSweep();
  await workspace.start(['run']).result;
  await workspace.start(['report']).result;
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
  try {
    const page = await browser.newPage({ viewport: { width: 390, height: 844 } });
    const complaints: string[] = [];
    const requests: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => requests.push(request.url()));
    const address = pathToFileURL(join(workspace.path, 'report.html')).href;
    await page.goto(address);
    const names = () =>
      page.locator('.nodes').first().locator('tbody th[scope="row"]').allTextContents();
    const heading = page.getByRole('button', { name: 'test.error' });
    await heading.click();
    expect(await names()).toEqual(['0.001', '0.01', '0.1']);
    await heading.click();
    expect(await names()).toEqual(['0.1', '0.01', '0.001']);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
    expect(complaints).toEqual([]);
    expect(requests.filter((url) => !url.startsWith('data:'))).toEqual([address]);
  } finally {
    await browser.close();
  }
});
