import { afterAll, expect, it } from 'vitest';
import { removeWorkspaces } from '../../fixtures/workspace.ts';
import { hasBrowser, launchBrowser, nameWithBrowser, openWatched } from '../report/browser.ts';
import { LargeRun } from './large-run.ts';
import { startServer, stopServer } from './server.ts';

afterAll(removeWorkspaces);

const MOST_HEAP = 150e6;
/** Rows of the list and elements of the page that a browser is to lay out, however many nodes there are. */
const MOST_ROWS = 100;
const MOST_ELEMENTS = 3000;

it.skipIf(!hasBrowser)(
  nameWithBrowser(
    'shows ten thousand nodes and twenty curves that grow, in a page that stays small',
  ),
  async () => {
    const run = new LargeRun();
    run.train(1500);
    const server = await startServer(run.workspace);
    const browser = await launchBrowser();
    try {
      const { page, complaints } = await openWatched(browser, server.address, {
        viewport: { width: 1440, height: 900 },
      });
      await page.getByText('10000 of 10000 nodes').waitFor();
      await page.locator('.diagram .stage-box').first().waitFor();
      const list = page.locator('.list');
      const rows = list.locator('.row:not([hidden])');
      for (const share of [0, 0.3, 0.7, 1]) {
        await list.evaluate((element, at) => {
          element.scrollTop = at * (element.scrollHeight - element.clientHeight);
        }, share);
        // The last row that is seen is the one that belongs there.
        await expect
          .poll(() =>
            rows.evaluateAll((all) =>
              Math.max(...all.map((one) => Number(one.getAttribute('aria-posinset')))),
            ),
          )
          .toBeGreaterThanOrEqual(Math.floor(share * 10_000));
        expect(await list.locator('.row').count()).toBeLessThan(MOST_ROWS);
      }
      run.train(4);
      // Each panel is drawn where it is seen, with all points of its twenty curves.
      const figures = page.locator('figure.curves');
      expect(await figures.count()).toBe(4);
      for (const figure of await figures.all()) {
        await figure.scrollIntoViewIfNeeded();
        await expect.poll(() => figure.getAttribute('data-points')).toBe(String(20 * 1504));
      }
      expect(await page.locator('*').count()).toBeLessThan(MOST_ELEMENTS);
      const session = await page.context().newCDPSession(page);
      await session.send('Performance.enable');
      await session.send('HeapProfiler.collectGarbage');
      const { metrics } = await session.send('Performance.getMetrics');
      const heap = metrics.find(({ name }) => name === 'JSHeapUsedSize')?.value ?? Number.NaN;
      expect(heap).toBeLessThan(MOST_HEAP);
      expect(complaints).toEqual([]);
    } finally {
      await browser.close();
      await stopServer(server);
    }
  },
);
