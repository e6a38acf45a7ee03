import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ProjectCopy } from '../../fixtures/project.ts';
import { hasBrowser, launchBrowser, nameWithBrowser, openDrawn } from './browser.ts';
import { makeCannedProject } from './canned-project.ts';

/** Table 1, whose chart has more beside its panel than others. */
const TABLE1 = `  plot-table1:
    module: stages/figures/table1.ts
    params: [overrides]
    inputs: { evaluations: { from: evaluate, output: evaluation, where: [{ p: 0 }, { p: 1 }], provenance: true } }
    outputs:
${[
  ['spec', 'vl.json'],
  ['svg', 'svg'],
  ['png', 'png'],
  ['csv', 'csv'],
  ['plain_svg', 'plain.svg'],
  ['pdf', 'pdf'],
  ['caption', 'caption.txt'],
  ['latex', 'tex'],
  ['markdown', 'md'],
]
  .map(([output, ending]) => `      ${output}: results/canned/table1.${ending}\n`)
  .join('')}`;

let project: ProjectCopy;
let browser: Browser;
beforeAll(async () => {
  project = makeCannedProject();
  project.edit('pipeline.yaml', '  claims:\n    module', `${TABLE1}  claims:\n    module`);
  project.edit('pipeline.yaml', 'all: [plot, claims]', 'all: [plot, plot-table1, claims]');
  const { code, stdout, stderr } = await project.pipeline(['run', 'all']);
  expect(code, `${stdout}${stderr}`).toBe(0);
  if (hasBrowser) browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  project.remove();
});

function open(width: number, colorScheme: 'light' | 'dark' = 'light', file?: string) {
  const address = pathToFileURL(file ?? join(project.path, 'results/canned/index.html')).href;
  return openDrawn(browser, address, { viewport: { width, height: 900 }, colorScheme });
}

/** Pairs of texts of a chart whose boxes share more than a pixel each way. */
function findOverlaps(page: Page, figure: string): Promise<readonly string[]> {
  return page.evaluate(`(() => {
    const texts = [...document.querySelectorAll('figure[data-name="${figure}"] .chart text')]
      .filter((one) => one.textContent.trim() !== '' && getComputedStyle(one).opacity !== '0')
      .map((one) => [one.textContent, one.getBoundingClientRect()]);
    return texts.flatMap(([a, p], i) => texts.slice(i + 1).flatMap(([b, q]) =>
      Math.min(p.right, q.right) - Math.max(p.left, q.left) > 1 &&
      Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top) > 3 ? [a + ' / ' + b] : []));
  })()`);
}

describe.skipIf(!hasBrowser)(nameWithBrowser('the look of the report'), () => {
  it.each([390, 800, 1440])(
    'has no text over another at %d pixels, nor scrolls the page',
    async (width) => {
      const { page } = await open(width);
      expect(await page.locator('figure[data-name="table1"] .chart text').count()).toBeGreaterThan(
        10,
      );
      expect(await findOverlaps(page, 'table1')).toEqual([]);
      expect(await findOverlaps(page, 'figure1c-generalization-error')).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
      const table1 = '[...document.querySelectorAll(\'figure[data-name="table1"] .chart\')]';
      expect(
        await page.evaluate(`${table1}.map((one) => one.scrollWidth - one.clientWidth)`),
      ).toEqual([0]);
      await page.close();
    },
  );

  it('breaks the labels of rows also where that is too little', async () => {
    const { page } = await open(300);
    const chart = page.locator('figure[data-name="table1"] .chart');
    expect(await chart.getAttribute('data-wide')).not.toBeNull();
    expect(await chart.locator('tspan', { hasText: /^MLP1:$/ }).count()).toBeGreaterThan(0);
    await page.close();
  });

  it.each([390, 800, 1024, 1440])(
    'tells of experiments without scrolling at %d pixels, sorted and filtered all the same',
    async (width) => {
      const { page } = await open(width);
      const table = page.locator('#experiments');
      const room = page.locator('div[aria-label="Experiments"]');
      expect(await room.evaluate((one) => one.scrollWidth - one.clientWidth)).toBe(0);
      const errors = table.locator('tbody tr:not([hidden]) [data-key="test_error"]');
      expect(await errors.first().isVisible()).toBe(true);
      await table.locator('thead').getByRole('button', { name: 'test error' }).click();
      const told = (await errors.allTextContents()).map(Number.parseFloat);
      expect(told.length).toBeGreaterThan(2);
      expect(told).toEqual(told.toSorted((a, b) => a - b));
      await page.getByLabel('p', { exact: true }).selectOption('0.5');
      const names = await table.locator('tbody tr:visible th').allInnerTexts();
      expect(names.length).toBeGreaterThan(0);
      expect(names.every((name) => name.includes('_0.5_'))).toBe(true);
      expect(await table.getByRole('row').count()).toBe(names.length + 1);
      await page.close();
    },
  );

  it('prints charts dark on white, from a dark page and a narrow window too', async () => {
    const { page } = await open(390, 'dark');
    const chart = page.locator('figure[data-name="figure1c-generalization-error"] .chart');
    const narrow = Number(await chart.locator('svg').getAttribute('width'));
    // What a browser does before it lays the page out for paper.
    await page.evaluate(`dispatchEvent(new Event('beforeprint'))`);
    expect(await chart.getAttribute('data-theme')).toBe('light');
    expect(Number(await chart.locator('svg').getAttribute('width'))).toBeGreaterThan(narrow);
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    await page.setViewportSize({ width: 700, height: 900 });
    const overflow =
      '[...document.querySelectorAll(".chart svg.marks")].map((one) => one.getBoundingClientRect().right)';
    for (const right of (await page.evaluate(overflow)) as readonly number[]) {
      expect(right).toBeLessThanOrEqual(700);
    }
    await page.evaluate(`dispatchEvent(new Event('afterprint'))`);
    await expect.poll(() => chart.getAttribute('data-theme')).toBe('dark');
    await page.close();
  });

  it.each([390, 1440])(
    'draws the timeline within %d pixels, with links into the drawer',
    async (width) => {
      const { page } = await open(width, 'dark');
      const lanes = await page.locator('#timeline .lanes').boundingBox();
      const bars = page.locator('#timeline .lane > *');
      expect(await bars.count()).toBeGreaterThan(3);
      for (const bar of await bars.all()) {
        const box = await bar.boundingBox();
        expect(box?.width).toBeGreaterThan(0);
        expect(box?.x).toBeGreaterThanOrEqual((lanes?.x ?? 0) - 1);
        expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(
          (lanes?.x ?? 0) + (lanes?.width ?? 0) + 2,
        );
      }
      await page.locator('#timeline summary').click();
      await page
        .locator('#timeline th a', { hasText: /^train\/MLP1_0\.5_none$/ })
        .or(page.locator('#timeline th a', { hasText: /^evaluate\// }))
        .first()
        .click();
      await expect.poll(() => page.locator('#drawer').isVisible()).toBe(true);
      expect(await page.locator('#drawer h2').innerText()).toMatch(/^MLP/);
      expect(await page.locator('[data-fact="runTime"]').textContent()).toMatch(/^\d+\.\d s/);
      await page.close();
    },
  );

  it('says where a chart is wider than the window, and hides nothing where it is not', async () => {
    const hint = `[...document.querySelectorAll('.chart')].map((one) => [one.scrollWidth > one.clientWidth,
      getComputedStyle(one.nextElementSibling, '::before').content.includes('Wider')])`;
    const { page } = await open(300);
    const narrow = (await page.evaluate(hint)) as readonly (readonly [boolean, boolean])[];
    expect(narrow.some(([scrolls]) => scrolls)).toBe(true);
    for (const [scrolls, isSaid] of narrow) expect(isSaid).toBe(scrolls);
    await page.setViewportSize({ width: 1440, height: 900 });
    await expect.poll(async () => JSON.stringify(await page.evaluate(hint))).not.toContain('true');
    await page.close();
  });

  it('draws charts dark on a dark page, and light again where the page is', async () => {
    const { page } = await open(1280, 'dark');
    const chart = page.locator('figure[data-name="figure1c-generalization-error"] .chart');
    await chart.scrollIntoViewIfNeeded();
    /** Brightness, 0 to 255, of a corner, and of the darkest and brightest pixel. */
    const measure = async (part: Locator): Promise<readonly number[]> => {
      const shot = (await part.screenshot()).toString('base64');
      return page.evaluate(`(async () => {
        const image = new Image();
        image.src = 'data:image/png;base64,${shot}';
        await image.decode();
        const canvas = new OffscreenCanvas(image.width, image.height).getContext('2d');
        canvas.drawImage(image, 0, 0);
        const { data } = canvas.getImageData(0, 0, image.width, image.height);
        const corner = Math.min(20, image.height - 1);
        const at = (image.width * corner + corner) * 4;
        const all = data.filter((_, i) => i % 4 === 1);
        return [data[at + 1], all.reduce((a, b) => Math.min(a, b)), all.reduce((a, b) => Math.max(a, b))];
      })()`);
    };
    const [ground = 255, , brightest = 0] = await measure(chart);
    expect(ground).toBeLessThan(60);
    expect(brightest).toBeGreaterThan(200);
    const label = chart.locator('.role-axis-label text').first();
    const [, , letters] = await measure(label);
    expect(letters).toBeGreaterThan(150);
    await page.emulateMedia({ colorScheme: 'light' });
    await expect.poll(() => chart.getAttribute('data-theme')).toBe('light');
    const [paper, darkest] = await measure(chart);
    expect(paper).toBe(255);
    expect(darkest).toBeLessThan(80);
    const [, inked] = await measure(label);
    expect(inked).toBeLessThan(110);
    await page.close();
  });

  it('publishes one file that needs none beside it, and replaces no other file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mailed-'));
    const file = join(folder, 'report.html');
    const publish = () => project.pipeline(['publish', '--single', '--out', file]);
    expect(await publish()).toMatchObject({ code: 0, stderr: '' });
    expect(readdirSync(folder)).toEqual(['report.html']);
    expect(statSync(file).size).toBeLessThan(5e6);
    const { page, requests, complaints } = await open(1280, 'light', file);
    expect(await page.locator('.chart svg.marks').count()).toBe(2);
    expect(await page.locator('[data-fact="node"]').innerText()).toBe(process.version);
    expect(requests.filter((url) => !url.startsWith('data:'))).toEqual([pathToFileURL(file).href]);
    expect(complaints).toEqual([]);
    const relative = await page.locator('a[href]:not([href^="#"], [href^="https:"])').count();
    expect(relative).toBe(0);
    await page.close();
    writeFileSync(file, 'a letter');
    const refused = await publish();
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('is not of a publication');
    expect(readFileSync(file, 'utf8')).toBe('a letter');
    rmSync(folder, { recursive: true });
  });

  it('has legends of the shapes of marks, and shows one alone by a double click', async () => {
    const { page } = await open(1280);
    const figure = page.locator('figure[data-name="figure1c-generalization-error"]');
    const shapes = await figure
      .locator('.swatch')
      .evaluateAll((all) => all.map((one) => one.getAttribute('data-shape')));
    expect(shapes).toEqual(['circle', 'square']);
    const boxes = figure.locator('.legend input');
    const checked = () => boxes.evaluateAll((all) => all.map((one) => one.matches(':checked')));
    const points = figure.locator('path[aria-roledescription="point"]');
    const all = await points.count();
    await figure.locator('.legend label', { hasText: 'MLP3' }).dblclick();
    expect(await checked()).toEqual([false, true]);
    await expect.poll(() => points.count()).toBe(all / 2);
    await figure.locator('.legend label', { hasText: 'MLP3' }).dblclick();
    expect(await checked()).toEqual([true, true]);
    await expect.poll(() => points.count()).toBe(all);
    await page.close();
  });

  it('rounds what it tells of a mark, and covers no mark with it', async () => {
    const { page } = await open(1280);
    const figure = page.locator('figure[data-name="figure1c-generalization-error"]');
    await figure.locator('path[aria-roledescription="point"]').first().hover();
    const told = figure.locator('.pointed');
    await expect.poll(() => told.innerText()).toContain('threshold reached yes');
    expect(await told.innerText()).not.toMatch(/\d\.\d{5}/);
    const [chart, line] = [await figure.locator('.chart').boundingBox(), await told.boundingBox()];
    expect((chart?.y ?? 0) + (chart?.height ?? 0)).toBeLessThanOrEqual(line?.y ?? 0);
    await page.close();
  });
});
