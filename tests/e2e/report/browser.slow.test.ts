import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ProjectCopy } from '../../fixtures/project.ts';
import { hasBrowser, launchBrowser, nameWithBrowser, openDrawn } from './browser.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};

let project: ProjectCopy;
let folder: string;
/** Names of all that were run. */
let experiments: readonly string[];
let server: Server;
let browser: Browser;
beforeAll(async () => {
  project = new ProjectCopy();
  const settings = [
    'models=[MLP1, MLP3]',
    'levels=[0, 0.5, 1]',
    'dataset.train=200',
    'dataset.test=100',
    // The Inceptions of figure 2 are seen on their way, not at their threshold.
    'training.epochs=15',
  ];
  await project.run(['all', ...settings.flatMap((set) => ['--set', set])]);
  folder = join(project.path, 'results/quick');
  const table = readFileSync(join(folder, 'experiments.jsonl'), 'utf8').trim().split('\n');
  experiments = table.map((line) => (JSON.parse(line) as { experiment: string }).experiment);
  server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    const name = path === '/' ? 'index.html' : path.slice(1);
    response.setHeader('content-type', TYPES[extname(name)] ?? 'application/octet-stream');
    response.end(readFileSync(join(folder, name)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  if (hasBrowser) browser = await launchBrowser();
}, 10 * 60_000);
afterAll(async () => {
  await browser?.close();
  server?.close();
  project.remove();
});

/** Where the page is opened from. */
const ORIGINS: Readonly<Record<string, () => string>> = {
  'file:': () => pathToFileURL(join(folder, 'index.html')).href,
  'a static server': () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
};

describe.skipIf(!hasBrowser).each(Object.entries(ORIGINS))(
  nameWithBrowser('the report, opened from %s'),
  (_, origin) => {
    let page: Page;
    let complaints: readonly string[];
    let requests: readonly string[];
    beforeEach(async () => {
      const viewport = { width: 1280, height: 900 };
      ({ page, complaints, requests } = await openDrawn(browser, origin(), { viewport }));
    });
    afterEach(async () => {
      expect(complaints).toEqual([]);
      const base = origin().replace(/[^/]*$/, '');
      expect(requests.filter((url) => !url.startsWith(base) && !url.startsWith('data:'))).toEqual(
        [],
      );
      await page.close();
    });

    const figure = (name: string) => page.locator(`figure[data-name="${name}"]`);
    const points = (name: string) => figure(name).locator('path[aria-roledescription="point"]');
    /** Drags over a chart at half its height, between two shares of its width. */
    const brush = async (name: string, from: number, to: number) => {
      const chart = figure(name).locator('svg.marks');
      await chart.scrollIntoViewIfNeeded();
      const box = await chart.boundingBox();
      if (box === null) throw new Error('the chart has no place');
      const y = box.y + box.height / 2;
      const moves = [(from + to) / 2, to].map((share) => box.x + box.width * share);
      await page.mouse.move(box.x + box.width * from, y);
      await page.mouse.down();
      for (const x of moves) await page.mouse.move(x, y, { steps: 4 });
      await page.mouse.up();
    };
    const visibleRows = () => page.locator('#experiments tbody tr:not([hidden])');
    const readColumn = async (key: string) =>
      page.locator(`#experiments tbody tr:not([hidden]) [data-key="${key}"]`).allTextContents();

    it('draws every figure, with its marks', async () => {
      const specs = readdirSync(folder).filter((name) => name.endsWith('.vl.json'));
      expect(await page.locator('figure').count()).toBe(specs.length);
      expect(await page.locator('figure .missing').count()).toBe(0);
      // One point for each model and level of corruption.
      expect(await points('figure1c-generalization-error').count()).toBe(6);
      expect(await points('figure1b-convergence-minutes').count()).toBeGreaterThan(0);
    });

    it('has the verdicts and figure 1a on the first screen, and lists the figures at its side', async () => {
      await page.setViewportSize({ width: 1440, height: 900 });
      const bottoms = await page.evaluate<readonly number[]>(
        `[...document.querySelectorAll('.verdicts, figure')].slice(0, 2).map((one) => one.getBoundingClientRect().bottom)`,
      );
      expect(Math.max(...bottoms)).toBeLessThan(900);
      expect(await page.locator('figure').first().getAttribute('data-name')).toBe(
        'figure1a-learning-curves',
      );
      const contents = page.getByRole('navigation', { name: 'Contents' });
      const listed = await contents.locator('li li').allTextContents();
      const numbers = listed.flatMap((text) => /^(?:Figure|Table) \d\w?/.exec(text)?.[0] ?? []);
      expect(numbers.slice(0, 4)).toEqual(['Figure 1a', 'Figure 1b', 'Figure 1b', 'Figure 1c']);
      expect(listed[numbers.length - 1]).toMatch(/^Table 1/);
      await page.mouse.wheel(0, 4000);
      await expect.poll(() => page.evaluate('window.scrollY')).toBeGreaterThan(2000);
      await contents.getByRole('link', { name: /^Table 1/ }).click();
      expect(page.url()).toContain('#figure-table1');
      await page.setViewportSize({ width: 390, height: 844 });
      await expect.poll(() => contents.getByRole('link').first().isVisible()).toBe(false);
    });

    it('names the run of a mark, and its values, below the chart', async () => {
      const evaluation = JSON.parse(
        readFileSync(join(project.path, 'runs/quick/MLP1_0.5_none/evaluation.json'), 'utf8'),
      ) as { test_error: number };
      await points('figure1c-generalization-error')
        .and(page.locator('[aria-label*="MLP1_0.5_none"]'))
        .hover();
      const text = await figure('figure1c-generalization-error').locator('.pointed').innerText();
      expect(text).toContain('MLP1_0.5_none');
      expect(text).toContain(`${(100 * evaluation.test_error).toFixed(2)}%`);
    });

    it('leaves out what is unchecked in a legend, by keyboard too', async () => {
      const curves = figure('figure1a-learning-curves');
      const lines = curves.locator('path[aria-roledescription="line mark"]');
      const before = await lines.count();
      await curves.getByRole('checkbox', { name: 'Random labels' }).focus();
      await page.keyboard.press('Space');
      await waitForCount(lines, before - 4);
      await curves.getByRole('checkbox', { name: 'Random labels' }).check();
      await waitForCount(lines, before);
    });

    it('tells which runs a brush takes in, and shows them in the table', async () => {
      await brush('figure1c-generalization-error', 0.8, 0.995);
      const brushed = figure('figure1c-generalization-error').locator('.brushed');
      const runs = ['MLP1_1.0_none', 'MLP3_1.0_none'];
      await expect
        .poll(() => brushed.innerText())
        .toContain(`2 runs in the brush: ${runs.join(', ')}`);
      await brushed.getByRole('link').click();
      expect((await readColumn('name')).sort()).toEqual(runs);
      await page.getByRole('button', { name: 'show all' }).click();
      await waitForCount(visibleRows(), experiments.length);
    });

    it('takes in by a brush only what is drawn in the brushed panel', async () => {
      const name = 'figure1a-learning-curves';
      await brush(name, 0.6, 0.97);
      const brushed = figure(name).locator('.brushed');
      await expect.poll(() => brushed.innerText()).toContain('5 runs in the brush: MLP3_0.0_none');
      expect(await brushed.innerText()).not.toContain('MLP1');
      await figure(name).getByRole('checkbox', { name: 'True labels' }).uncheck();
      await expect.poll(() => brushed.innerText()).toContain('4 runs in the brush');
      expect(await brushed.innerText()).not.toContain('MLP3_0.0_none');
    });

    it('sorts the experiments by a column, both ways', async () => {
      const heading = page.locator('#experiments th[data-key="test_error"]');
      await heading.getByRole('button').click();
      const errors = (await readColumn('test_error')).map(Number.parseFloat);
      expect(errors).toEqual(errors.toSorted((a, b) => a - b));
      expect(await heading.getAttribute('aria-sort')).toBe('ascending');
      await page.keyboard.press('Enter');
      expect((await readColumn('test_error')).map(Number.parseFloat)).toEqual(errors.toReversed());
      expect(await heading.getAttribute('aria-sort')).toBe('descending');
    });

    it('filters the experiments', async () => {
      expect(await visibleRows().count()).toBe(experiments.length);
      await page.getByLabel('p', { exact: true }).selectOption('1');
      expect((await readColumn('name')).sort()).toEqual(
        experiments.filter((name) => name.includes('_1.0_')).sort(),
      );
      await page.getByLabel('p', { exact: true }).selectOption('');
      await page.getByLabel('name', { exact: true }).fill('pix');
      expect((await readColumn('name')).sort()).toEqual([
        'MLP1_0.0_gauss_pix',
        'MLP1_0.0_rand_pix',
        'MLP1_0.0_shuff_pix',
        'MLP3_0.0_gauss_pix',
        'MLP3_0.0_rand_pix',
        'MLP3_0.0_shuff_pix',
      ]);
      expect(await page.locator('#shown').innerText()).toBe(
        `6 of ${experiments.length} experiments`,
      );
    });

    it('fills in what differs from run to run', async () => {
      for (const made of await readColumn('made'))
        expect(made).toMatch(/^20\d\d-\d\d-\d\d \d\d:\d\d$/);
      for (const time of await readColumn('seconds')) expect(time).toMatch(/^\d.* s$/);
      expect(await page.locator('[data-fact="node"]').innerText()).toBe(process.version);
    });

    it('fits a phone, its charts and pictures included', async () => {
      await page.setViewportSize({ width: 390, height: 844 });
      await expect
        .poll(() => page.evaluate('document.documentElement.scrollWidth'))
        .toBeLessThanOrEqual(390);
      await expect
        .poll(() =>
          page.evaluate(
            'Math.max(...[...document.querySelectorAll("figure .chart")].map((one) => one.scrollWidth - one.clientWidth))',
          ),
        )
        .toBe(0);
    });

    it('has a name for every control and picture, and headings in order', async () => {
      const nameless = await page.evaluate(
        `[...document.querySelectorAll('button, input, select, a, summary')].filter((one) =>
          !(one.textContent.trim() || one.labels?.[0]?.textContent.trim() || one.ariaLabel)).length`,
      );
      expect(nameless).toBe(0);
      const levels = await page
        .locator('h1, h2, h3')
        .evaluateAll((all) =>
          all.map((one) => Number((one as { tagName: string }).tagName.slice(1))),
        );
      expect(levels[0]).toBe(1);
      for (const [i, level] of levels.entries())
        expect(level - (levels[i - 1] ?? 0)).toBeLessThan(2);
    });
  },
);

function waitForCount(locator: Locator, count: number): Promise<void> {
  return expect.poll(() => locator.count()).toBe(count);
}
