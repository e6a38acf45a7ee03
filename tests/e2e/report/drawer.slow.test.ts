import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ProjectCopy } from '../../fixtures/project.ts';
import { hasBrowser, launchBrowser, nameWithBrowser, openDrawn } from './browser.ts';
import { makeCannedProject } from './canned-project.ts';

/** The same figure once more: what is pointed at in one stands out in the other. */
const AGAIN = `  plot-again:
    module: stages/figures/generalization-error.ts
    params: [profile]
    inputs: { evaluations: { from: evaluate, output: evaluation, provenance: true } }
    outputs:
${[
  ['spec', 'vl.json'],
  ['svg', 'svg'],
  ['png', 'png'],
  ['csv', 'csv'],
]
  .map(([output, ending]) => `      ${output}: results/canned/again.${ending}\n`)
  .join('')}`;
const NAME = 'MLP3_0.5_none';
const FIGURE = 'figure1c-generalization-error';

let project: ProjectCopy;
let browser: Browser;
beforeAll(async () => {
  project = makeCannedProject();
  project.edit('pipeline.yaml', '  claims:\n    module', `${AGAIN}  claims:\n    module`);
  project.edit('pipeline.yaml', 'all: [plot, claims]', 'all: [plot, plot-again, claims]');
  const { code, stdout, stderr } = await project.pipeline(['run', 'all']);
  expect(code, `${stdout}${stderr}`).toBe(0);
  if (hasBrowser) browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  project.remove();
});

interface OpenPage {
  readonly page: Page;
  /** Ends the page, of which nothing may have been complained of. */
  readonly close: () => Promise<void>;
}

async function open(hash = '', width = 1280, file?: string): Promise<OpenPage> {
  const address = pathToFileURL(file ?? join(project.path, 'results/canned/index.html')).href;
  const viewport = { width, height: 900 };
  const { page, complaints } = await openDrawn(browser, address + hash, { viewport });
  return {
    page,
    close: async () => {
      expect(complaints).toEqual([]);
      await page.close();
    },
  };
}

const drawerOf = (page: Page) => page.getByRole('dialog');
const figureOf = (page: Page, name = FIGURE) => page.locator(`figure[data-name="${name}"]`);
const markOf = (page: Page, run: string, figure = FIGURE) =>
  figureOf(page, figure)
    .locator('path[aria-roledescription="point"]')
    .and(page.locator(`[aria-label*="${run}"]`));
const readFocus = (page: Page): Promise<string> =>
  page.evaluate(
    `(document.activeElement.getAttribute('href') || document.activeElement.className || document.activeElement.id).toString()`,
  );
/** Names of the lines of the table that stand out, and of the runs that do so in a figure. */
const readLit = (page: Page): Promise<readonly string[]> =>
  page.evaluate(
    `[...document.querySelectorAll('#experiments tr.lit')].map((one) => one.dataset.name)`,
  );
const countLit = (page: Page, figure: string) =>
  figureOf(page, figure).locator('path[aria-roledescription="point"].lit').count();

async function brush(page: Page, figure: string, from: number, to: number): Promise<void> {
  const chart = figureOf(page, figure).locator('svg.marks');
  await chart.scrollIntoViewIfNeeded();
  const box = await chart.boundingBox();
  if (box === null) throw new Error('the chart has no place');
  const y = box.y + box.height * 0.4;
  await page.mouse.move(box.x + box.width * from, y);
  await page.mouse.down();
  for (const share of [(from + to) / 2, to]) {
    await page.mouse.move(box.x + box.width * share, y, { steps: 4 });
  }
  await page.mouse.up();
}

describe.skipIf(!hasBrowser)(nameWithBrowser('the drawer'), () => {
  it('tells all of an experiment at an address of its own', async () => {
    const { page, close } = await open(`#experiment-${NAME}`);
    const drawer = drawerOf(page);
    await expect.poll(() => drawer.locator('.chart svg.marks').count()).toBe(1);
    const text = await drawer.innerText();
    expect(text).toContain('MLP3, p = 0.5');
    expect(text).toContain('reached, epoch 3, step 125');
    expect(text).toContain('error 70.0%');
    expect(text).toContain('trained MLP3 at p = 0.5');
    expect(text).toContain('model_name: MLP3');
    expect(text).toMatch(
      /train\/MLP3_0\.5_none\s+up to date\s+20\d\d-\d\d-\d\d \d\d:\d\d UTC\s+\d+\.\d s/,
    );
    const status = await project.pipeline(['status', '--json', `train/${NAME}`]);
    const [train] = (JSON.parse(status.stdout) as { node: string; fingerprint: string }[]).slice(
      -1,
    );
    expect(text).toContain(train?.fingerprint);
    const checkpoint = drawer.getByRole('link', { name: /checkpoint\.safetensors$/ });
    expect(await checkpoint.evaluate((one) => (one as unknown as { href: string }).href)).toBe(
      pathToFileURL(join(project.path, `runs/${NAME}/checkpoint.safetensors`)).href,
    );
    const around = drawer.locator('.around > div');
    expect(await around.nth(0).innerText()).toContain('prepare');
    expect(await around.nth(2).innerText()).toContain('plot');
    // It closes, the address names the page alone, and the table's line is where one goes on.
    await page.keyboard.press('Escape');
    expect(await drawer.count()).toBe(0);
    expect(page.url()).not.toContain('#');
    expect(await readFocus(page)).toBe(`#experiment-${NAME}`);
    await page.emulateMedia({ media: 'print' });
    await page.keyboard.press('Enter');
    await expect.poll(() => page.url()).toContain(`#experiment-${NAME}`);
    expect(await page.locator('#drawer').isVisible()).toBe(false);
    await close();
  });

  it('is reached from marks, lines of the table and boxes of the graph, and gives the focus back', async () => {
    const { page, close } = await open();
    const drawer = drawerOf(page);
    await markOf(page, NAME).click();
    await expect.poll(() => drawer.innerText()).toContain('MLP3, p = 0.5');
    expect(await readFocus(page)).toBe('drawer-title');
    await page.keyboard.press('Escape');
    expect(await readFocus(page)).toContain('chart');

    const line = page.locator('#experiments').getByRole('link', { name: 'MLP1_1.0_none' });
    await line.focus();
    await page.keyboard.press('Enter');
    await expect.poll(() => drawer.innerText()).toContain('MLP1, random labels');
    await drawer.getByRole('button', { name: 'close' }).click();
    expect(await readFocus(page)).toBe('#experiment-MLP1_1.0_none');

    const box = page.locator('.graph svg a[href="#stage-train"]');
    await box.focus();
    await page.keyboard.press('Enter');
    await expect.poll(() => drawer.innerText()).toContain('A stage of 6 nodes');
    await drawer
      .getByRole('link', { name: `train/${NAME}` })
      .first()
      .click();
    await expect.poll(() => drawer.innerText()).toContain('A part of the experiment MLP3, p = 0.5');
    await page.goBack();
    await expect.poll(() => drawer.innerText()).toContain('A stage of 6 nodes');
    await page.keyboard.press('Escape');
    expect(await readFocus(page)).toBe('#stage-train');
    await close();
  });

  it.each([390, 800, 1440])('is as wide as the window allows at %d pixels', async (width) => {
    const { page, close } = await open(`#experiment-${NAME}`, width);
    const drawer = drawerOf(page);
    await expect.poll(() => drawer.locator('.chart svg.marks').count()).toBe(1);
    const [outer = 0, inner = 1] = await page.evaluate<readonly number[]>(
      `(({ clientWidth, scrollWidth }) => [clientWidth, scrollWidth])(document.getElementById('drawer'))`,
    );
    expect(inner).toBe(outer);
    expect(outer).toBeLessThanOrEqual(width);
    expect(
      await drawer.locator('.chart').evaluate((one) => one.scrollWidth - one.clientWidth),
    ).toBe(0);
    await close();
  });

  it('is in the one file that is mailed, which leads to no file beside it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mailed-'));
    const file = join(folder, 'report.html');
    expect(await project.pipeline(['publish', '--single', '--out', file])).toMatchObject({
      code: 0,
    });
    const { page, close } = await open(`#experiment-${NAME}`, 1280, file);
    const drawer = drawerOf(page);
    await expect.poll(() => drawer.locator('.chart svg.marks').count()).toBe(1);
    expect(await drawer.innerText()).toContain('checkpoint.safetensors');
    expect(await drawer.locator('a[href]:not([href^="#"])').count()).toBe(0);
    await close();
    rmSync(folder, { recursive: true });
  });
});

describe.skipIf(!hasBrowser)(nameWithBrowser('runs that stand out'), () => {
  it('do so in all figures and in the table, by pointer and by keyboard', async () => {
    const { page, close } = await open();
    await markOf(page, NAME).hover();
    await expect.poll(() => readLit(page)).toEqual([NAME]);
    expect([await countLit(page, FIGURE), await countLit(page, 'again')]).toEqual([1, 1]);
    await page.mouse.move(0, 0);
    await expect.poll(() => readLit(page)).toEqual([]);
    expect(await countLit(page, 'again')).toBe(0);

    const chart = figureOf(page).locator('.chart');
    await chart.focus();
    await page.keyboard.press('End');
    const [last = ''] = await expect
      .poll(() => readLit(page))
      .toHaveLength(1)
      .then(() => readLit(page));
    expect(await figureOf(page).locator('.pointed').innerText()).toContain(last);
    await page.keyboard.press('ArrowLeft');
    await expect.poll(async () => (await readLit(page))[0]).not.toBe(last);
    expect(await countLit(page, 'again')).toBe(1);
    await page.keyboard.press('Escape');
    await expect.poll(() => readLit(page)).toEqual([]);

    await figureOf(page).getByRole('checkbox', { name: 'MLP1' }).focus();
    const runs = ['MLP1_0.0_none', 'MLP1_0.5_none', 'MLP1_1.0_none'];
    await expect.poll(async () => [...(await readLit(page))].sort()).toEqual(runs);
    expect(await countLit(page, 'again')).toBe(3);
    await page.locator('#experiments').getByRole('link', { name: NAME }).focus();
    await expect.poll(() => countLit(page, FIGURE)).toBe(1);
    await close();
  });

  it('tells of a line the values where one points, not those at its start', async () => {
    const { page, close } = await open();
    const chart = figureOf(page).locator('svg.marks');
    await chart.scrollIntoViewIfNeeded();
    const at = async (run: string) => {
      const box = await markOf(page, run).boundingBox();
      if (box === null) throw new Error('the mark has no place');
      return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    };
    const [from, to] = [await at('MLP3_0.5_none'), await at('MLP3_1.0_none')];
    // On the line, nearer to its end than to the mark at its middle.
    await page.mouse.move(from.x + 0.7 * (to.x - from.x), from.y + 0.7 * (to.y - from.y));
    await expect
      .poll(() => figureOf(page).locator('.pointed').innerText())
      .toContain('MLP3_1.0_none');
    await close();
  });
});

describe.skipIf(!hasBrowser)(nameWithBrowser('the brush'), () => {
  it('stays where it is when its figure is drawn again, and there is one on the page', async () => {
    const { page, close } = await open();
    const told = (figure: string) => figureOf(page, figure).locator('.brushed').innerText();
    /** The width of the brush as a share of its chart; 0 for none. */
    const measure = (figure: string): Promise<number> =>
      page.evaluate(`(() => {
        const chart = document.querySelector('figure[data-name="${figure}"]');
        const brush = chart.querySelector('[class$="_brush"] path').getBoundingClientRect();
        const panel = chart.querySelector('.role-axis-grid, .role-axis').getBoundingClientRect();
        return brush.width / panel.width;
      })()`);
    await brush(page, FIGURE, 0.8, 0.995);
    const runs = '2 runs in the brush: MLP1_1.0_none, MLP3_1.0_none';
    await expect.poll(() => told(FIGURE)).toContain(runs);
    await expect.poll(() => readLit(page)).toEqual(['MLP1_1.0_none', 'MLP3_1.0_none']);
    const share = await measure(FIGURE);
    expect(share).toBeGreaterThan(0.1);
    await figureOf(page).getByRole('link', { name: 'show them in the table' }).click();

    const drawnAgain = async (change: () => Promise<void>) => {
      const old = await figureOf(page).locator('svg.marks').elementHandle();
      await change();
      await expect
        .poll(() =>
          old?.evaluate((one) => (one as unknown as { isConnected: boolean }).isConnected),
        )
        .toBe(false);
      await expect.poll(() => measure(FIGURE)).toBeCloseTo(share, 1);
      expect(await told(FIGURE)).toContain(runs);
      expect(await page.locator('#experiments tbody tr:not([hidden])').count()).toBe(2);
      await expect.poll(() => countLit(page, 'again')).toBe(2);
    };
    await drawnAgain(() => page.emulateMedia({ colorScheme: 'dark' }));
    await drawnAgain(() => page.setViewportSize({ width: 390, height: 844 }));
    await drawnAgain(() => page.setViewportSize({ width: 1280, height: 900 }));

    // The table follows the brush, and another figure's takes its place.
    await brush(page, 'again', 0.25, 0.02);
    await expect
      .poll(() => told('again'))
      .toContain('2 runs in the brush: MLP1_0.0_none, MLP3_0.0_none');
    await expect.poll(() => told(FIGURE)).toBe('');
    expect(await measure(FIGURE)).toBe(0);
    await close();
  });
});
