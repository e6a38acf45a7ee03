import { afterAll, expect, it } from 'vitest';
import { removeWorkspaces } from '../../fixtures/workspace.ts';
import { hasBrowser, nameWithBrowser } from '../report/browser.ts';
import { FIRST_POINTS, measureHeap, withLargePage } from './large-page.ts';

afterAll(removeWorkspaces);

const MOST_HEAP = 150e6;
/** Rows of the list and elements of the page that a browser is to lay out, however many nodes there are. */
const MOST_ROWS = 100;
const MOST_ELEMENTS = 3000;

it.skipIf(!hasBrowser)(
  nameWithBrowser(
    'shows ten thousand nodes and twenty curves that grow, in a page that stays small',
  ),
  () =>
    withLargePage(async ({ page, complaints, run }) => {
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
        await expect
          .poll(() => figure.getAttribute('data-points'))
          .toBe(String(20 * (FIRST_POINTS + 4)));
      }
      expect(await page.locator('*').count()).toBeLessThan(MOST_ELEMENTS);
      expect(await measureHeap(page)).toBeLessThan(MOST_HEAP);
      expect(complaints).toEqual([]);
    }),
);
