import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { makeWorkspace, removeWorkspaces, type Workspace } from '../../fixtures/workspace.ts';
import { hasBrowser, launchBrowser, nameWithBrowser, openWatched } from '../report/browser.ts';
import { type ServedPage, startServer, stopServer } from './server.ts';

const POINTS = 60;
const RATES = ['0.1', '0.2'];
const PATIENCE = { timeout: 60_000 };

const PIPELINE = `
version: 1
params: { rates: [0.1, 0.2], epochs: ${POINTS} }
stages:
  train:
    matrix: { rate: { param: rates } }
    params: [epochs]
    command: bash train.sh {{ rate }} {{ epochs }} > {{ outputs.model }}
    inputs: { script: train.sh }
    outputs: { model: "models/{{ rate }}.txt" }
  evaluate:
    command: cat {{ inputs.models }}; cat flag; cp flag {{ outputs.e }}
    inputs: { models: { from: train, output: model } }
    outputs: { e: e.txt }
`;

/** A point now and then, and two gates amid them. */
const TRAIN = `
echo "rate $1"
for ((i = 0; i < $2; i++)); do
  printf '{"metrics": {"loss": %d.5}, "step": %d}\\n' $i $i >> $PIPELINE_EVENTS
  if [ $i = 5 ]; then cat early-$1 > /dev/null; fi
  if [ $i = 20 ]; then cat late-$1 > /dev/null; fi
  echo "epoch $i" >&2
  sleep 0.02
done
`;

let browser: Browser;
let server: ServedPage | null = null;
beforeAll(async () => {
  if (hasBrowser) browser = await launchBrowser();
});
afterEach(async () => {
  if (server !== null) await stopServer(server);
  server = null;
});
afterAll(async () => {
  await browser?.close();
  removeWorkspaces();
});

function makeTraining(): Workspace {
  const workspace = makeWorkspace({ 'pipeline.yaml': PIPELINE, 'train.sh': TRAIN });
  for (const gate of ['early', 'late']) {
    for (const rate of RATES) workspace.makeGate(`${gate}-${rate}`);
  }
  return workspace;
}

/** Lets both trainings go on from a gate, when they have come to it. */
async function openGates(workspace: Workspace, gate: 'early' | 'late'): Promise<void> {
  for (const rate of RATES) await (await workspace.arrival(`${gate}-${rate}`)).close();
}

async function openAllGates(workspace: Workspace): Promise<void> {
  await openGates(workspace, 'early');
  await openGates(workspace, 'late');
}

const countPoints = (page: Page) =>
  page.locator('figure.curves[data-points]').first().getAttribute('data-points').then(Number);

async function untilPoints(page: Page, points: number): Promise<void> {
  await expect.poll(() => countPoints(page), PATIENCE).toBeGreaterThanOrEqual(points);
}

describe.skipIf(!hasBrowser)(nameWithBrowser('the live page'), () => {
  it('shows a run that begins later, and misses no point while its server is killed', async () => {
    const workspace = makeTraining();
    server = await startServer(workspace);
    const { page, complaints, requests } = await openWatched(browser, server.address, {
      viewport: { width: 1440, height: 900 },
    });
    await page.getByText('Nothing has been run here yet.').waitFor();
    expect(complaints).toEqual([]);

    const run = workspace.start(['run', '--jobs', '2']).result;
    await page.getByRole('heading', { name: 'Running' }).waitFor();
    await untilPoints(page, 12);
    expect(await countPoints(page)).toBe(12);
    await openGates(workspace, 'early');
    await untilPoints(page, 42);

    server.command.child.kill('SIGKILL');
    await server.command.result;
    await page.getByText('The server does not answer').waitFor();
    await openGates(workspace, 'late');
    expect((await run).failed).toBe(1);
    expect(await countPoints(page)).toBe(42);

    server = await startServer(workspace);
    // The page was not loaded again: it asked for what it did not know.
    await page.getByText('failed 1').first().waitFor();
    await untilPoints(page, 2 * POINTS);
    expect(await countPoints(page)).toBe(2 * POINTS);
    expect(requests.filter((url) => url.endsWith('/live.js'))).toHaveLength(1);
    expect(requests.filter((url) => url.includes('/snapshot'))).toHaveLength(2);
    const origin = new URL(server.address).origin;
    expect(requests.filter((url) => !url.startsWith(origin) && !url.startsWith('data:'))).toEqual(
      [],
    );
    expect(await page.locator('article.failure').innerText()).toMatch(
      /evaluate\n+exited with status 1/,
    );
    await page.close();
  });

  it('is used by keys alone, on a phone, in the dark', async () => {
    const workspace = makeTraining();
    const run = workspace.start(['run', '--jobs', '2']).result;
    await openAllGates(workspace);
    await run;
    server = await startServer(workspace);
    const { page, complaints } = await openWatched(browser, server.address, {
      viewport: { width: 390, height: 844 },
      colorScheme: 'dark',
      reducedMotion: 'reduce',
    });
    await page.getByText('3 of 3 nodes').waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);

    await page.keyboard.press('/');
    await page.keyboard.type('0.2');
    await page.getByText('1 of 3 nodes').waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'train/0.2' });
    await dialog.getByText(`epoch ${POINTS - 1}`).waitFor();
    expect(await dialog.locator('figure.curves').getAttribute('data-points')).toBe(String(POINTS));
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    await expect.poll(() => page.url(), PATIENCE).not.toContain('node=');

    const box = page.locator('.stage-box').first();
    await box.focus();
    await page.keyboard.press('Enter');
    expect(await page.locator('#node-stage').inputValue()).toBe('train');
    const running = await page.evaluate('document.getAnimations().length');
    expect(running).toBe(0);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('cancels a run of another process, tries again, and compares the runs', async () => {
    const workspace = makeTraining();
    server = await startServer(workspace, ['--allow-actions']);
    const { page } = await openWatched(browser, server.address, {
      viewport: { width: 800, height: 900 },
    });
    page.on('dialog', (dialog) => dialog.accept());
    const cancelled = workspace.start(['run', '--jobs', '2']).result;
    await untilPoints(page, 12);
    await page.getByRole('button', { name: 'Cancel the run' }).click();
    expect((await cancelled).code).toBe(130);
    await page.getByText('interrupted · profile').waitFor();

    workspace.write('flag', 'up');
    await page.getByRole('button', { name: 'Try again what failed' }).click();
    await openAllGates(workspace);
    await page.getByText('done · profile').waitFor();
    await page.getByText('3 done').waitFor();

    const third = workspace.start(['run', '--jobs', '2', '--set', 'epochs=30']).result;
    await openAllGates(workspace);
    expect((await third).code).toBe(0);
    await page.getByRole('link', { name: 'compare with the shown run' }).first().click();
    const diff = page.locator('#diff');
    await diff.getByText(`epochs ${POINTS} → 30`).waitFor();
    await diff.getByRole('cell', { name: '29.5' }).first().waitFor();
    const both = diff.locator(`figure[data-points="${POINTS + 30}"]`);
    await expect.poll(() => both.count(), PATIENCE).toBe(2);
    await page.close();
  });
});
