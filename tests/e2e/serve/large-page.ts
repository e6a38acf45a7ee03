import type { Page } from 'playwright-core';
import { launchBrowser, openWatched, type WatchedPage } from '../report/browser.ts';
import { LargeRun } from './large-run.ts';
import { startServer, stopServer } from './server.ts';

/** Points of each curve when the page is opened. */
export const FIRST_POINTS = 1500;

/** The live page of a large run that goes on, once it shows all nodes. */
export async function withLargePage<T>(
  act: (opened: WatchedPage & { readonly run: LargeRun }) => Promise<T>,
): Promise<T> {
  const run = new LargeRun();
  run.train(FIRST_POINTS);
  const server = await startServer(run.workspace);
  const browser = await launchBrowser();
  try {
    const viewport = { width: 1440, height: 900 };
    const opened = await openWatched(browser, server.address, { viewport });
    await opened.page.getByText('10000 of 10000 nodes').waitFor();
    await opened.page.locator('.diagram .stage-box').first().waitFor();
    return await act({ ...opened, run });
  } finally {
    await browser.close();
    await stopServer(server);
  }
}

/** What scripts of a page hold, in bytes, without what nothing leads to any more. */
export async function measureHeap(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  await session.send('HeapProfiler.collectGarbage');
  const { metrics } = await session.send('Performance.getMetrics');
  return metrics.find(({ name }) => name === 'JSHeapUsedSize')?.value ?? Number.NaN;
}
