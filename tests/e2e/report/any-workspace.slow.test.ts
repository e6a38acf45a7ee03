import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { removeWorkspaces } from '../../fixtures/workspace.ts';
import { makeSweep } from './any-workspace.ts';
import { hasBrowser, launchBrowser, openWatched } from './browser.ts';

afterAll(removeWorkspaces);

it.skipIf(!hasBrowser)('is sorted by a click, fits a phone, and asks for nothing', async () => {
  const workspace = makeSweep();
  await workspace.start(['run']).result;
  await workspace.start(['report']).result;
  const browser = await launchBrowser();
  try {
    const address = pathToFileURL(join(workspace.path, 'report.html')).href;
    const viewport = { width: 390, height: 844 };
    const { page, complaints, requests } = await openWatched(browser, address, { viewport });
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
