import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ProjectCopy } from '../../fixtures/project.ts';
import { digestFiles, makeCannedProject } from './canned-project.ts';

let project: ProjectCopy;
beforeAll(() => {
  project = makeCannedProject();
});
afterAll(() => project.remove());

const BROKEN = ['--set', 'broken=true'];
const readPage = () => project.read('results/canned/index.html');

/** The verdicts of `pipeline claims --json`, by id. */
async function readVerdicts(args: readonly string[] = []): Promise<Record<string, string>> {
  const { stdout } = await project.pipeline(['claims', '--json', ...args]);
  const { claims } = JSON.parse(stdout) as { claims: { id: string; verdict: string }[] };
  return Object.fromEntries(claims.map(({ id, verdict }) => [id, verdict]));
}

describe('before anything has run', () => {
  it('claims are not testable, and say which experiments they wait for', async () => {
    const { code, stdout } = await project.pipeline(['claims', '--strict']);
    expect(code).toBe(0);
    expect(stdout).toContain('not run yet: MLP1_1.0_none, MLP3_1.0_none');
    expect(stdout).toContain('5 not testable (profile canned)');
    expect(existsSync(join(project.path, 'runs'))).toBe(false);
  });

  it('claims wait for no model that is left out', async () => {
    const some = ['--set', 'models=[MLP1]'];
    const { stdout } = await project.pipeline(['claims', ...some]);
    expect(stdout).toMatch(/not run yet: MLP1_1\.0_none; left out by models=\["MLP1"\]:\s+MLP3_1/);
    const nodes = ['0.0', '0.5', '1.0'].map((p) => `evaluate/MLP1_${p}_none`);
    await project.pipeline(['run', ...nodes]);
    expect(await readVerdicts(some)).toMatchObject({
      fitted: 'holds on synthetic data',
      slower: 'holds on synthetic data',
    });
  });

  it('a mistake in claims.yaml is told with its place', async () => {
    const text = project.read('claims.yaml');
    project.edit('claims.yaml', 'kind: trend', 'kind: tend');
    const { code, stderr } = await project.pipeline(['claims']);
    writeFileSync(join(project.path, 'claims.yaml'), text);
    expect(code).toBe(1);
    expect(stderr).toContain('claims.yaml:13:20: claims.1.check.kind must be equal');
  });
});

describe('a run in which some experiments fail', () => {
  it('leaves a partial report that labels what is missing', async () => {
    const { code, stdout } = await project.pipeline(['run', 'all', '--keep-going', ...BROKEN]);
    expect(code).toBe(1);
    expect(stdout).toContain('2 experiments without a result');
    const page = readPage();
    expect(page).toContain('This report is partial: 2 of 6 experiments have no result yet.');
    expect(page).toMatch(/id="claim-fitted".*?data-model="MLP1".*?class="words">not testable</s);
    expect(page).toMatch(/id="run-MLP1_1.0_none"[^>]*class="unmade"/);
    expect(page).toContain(
      'Not drawn yet. <code>npx pipeline run plot --profile canned --set broken=true</code>',
    );
    expect(await readVerdicts(BROKEN)).toEqual({
      fitted: 'not testable',
      slower: 'not testable',
      'few-steps': 'holds on synthetic data',
      elsewhere: 'not testable',
      'as-fast': 'too close to call',
    });
  });
});

describe('a whole run', () => {
  it('writes a report; a second one executes nothing and leaves its bytes', async () => {
    await project.pipeline(['run', 'all']);
    const page = readPage();
    expect(page).not.toContain('This report is partial');
    expect(page).toContain('A paper &lt;of tests&gt;');
    expect(page).toContain(
      '<span class="verdict too-close-to-call">too close to call, 1 seed</span>',
    );
    expect(page).toMatch(/<span class="undecided">undecided<\/span> MLP1: /);
    const before = digestFiles(join(project.path, 'results'));
    const { stdout } = await project.pipeline(['run', 'all']);
    expect(stdout).toContain('0 executed');
    expect(stdout).toContain('[report] results/canned/index.html');
    expect(digestFiles(join(project.path, 'results'))).toEqual(before);
  });

  it('sets claims against models, in words for those who hear them', () => {
    const rows = [...readPage().matchAll(/<tr role="row" id="claim-([^"]*)".*?<\/tr>/gs)];
    const cells = rows.map(([row, id]) => [
      id,
      ...[...row.matchAll(/data-model="([^"]*)".*?class="words">([^<]*)</gs)].map(
        ([, model, word]) => `${model} ${word}`,
      ),
    ]);
    expect(cells).toEqual([
      ['fitted', 'MLP1 holds', 'MLP3 holds'],
      ['slower', 'MLP1 holds', 'MLP3 holds'],
      ['few-steps', 'MLP1 holds', 'MLP3 holds'],
      ['elsewhere', 'MLP1 not asked', 'MLP3 not asked'],
      ['as-fast', 'MLP1 too close to call', 'MLP3 too close to call'],
    ]);
  });

  it('knows of each node what was printed, and of each experiment its nodes, config and curve', () => {
    const read = (file: string) => {
      const text = project.read(`results/canned/report/${file}`);
      return JSON.parse(text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1));
    };
    const { nodes, experiments, files } = read('details.js');
    const one = experiments.find(({ name }: { name: string }) => name === 'MLP1_0.5_none');
    const own = one.nodes.map((place: number) => nodes[place].name);
    expect(own).toEqual(['configure', 'train', 'evaluate'].map((stage) => `${stage}/${one.name}`));
    expect(one).toMatchObject({ label: 'MLP1, p = 0.5', config: 'model_name: MLP1\n' });
    expect(one.curve).toMatchObject({
      training: [
        [10, 0.3, 0.1],
        [20, 0.2, 0.2],
        [30, 0.1, 0.3],
      ],
    });
    expect(files).toEqual({ in: 'workspace', root: '../../' });
    // When it was made differs from run to run; so does what was printed.
    expect(read('volatile.js').logs['train/MLP1_0.5_none']).toEqual({
      text: 'trained MLP1 at p = 0.5',
      isCut: false,
    });
  });

  it('prints events only with --json', async () => {
    const { stdout } = await project.pipeline(['run', 'all', '--json']);
    for (const line of stdout.trimEnd().split('\n')) expect(() => JSON.parse(line)).not.toThrow();
  });

  it('gives the verdicts that the stage writes; --strict tells by its exit code', async () => {
    const { stdout, code } = await project.pipeline(['claims', '--json', '--strict']);
    expect(stdout).toBe(project.read('results/canned/claims.json'));
    expect(code).toBe(0);
    const slow = ['--set', 'shift=100'];
    await project.pipeline(['run', 'experiments', ...slow]);
    expect(await readVerdicts(slow)).toMatchObject({ 'few-steps': 'fails on synthetic data' });
    expect(await project.pipeline(['claims', '--strict', ...slow])).toMatchObject({ code: 1 });
    await project.pipeline(['run', 'all']);
  });

  it('names no file outside the report and loads none', () => {
    const page = readPage();
    const loaded = [...page.matchAll(/<(?:script|link|img)[^>]* (?:src|href)="([^"]*)"/g)].map(
      ([, address = '']) => address,
    );
    expect(loaded.length).toBeGreaterThan(5);
    for (const address of loaded.filter((one) => one !== 'data:,')) {
      expect(existsSync(join(project.path, 'results/canned', address)), address).toBe(true);
    }
    expect(page).not.toContain(project.path);
  });
});
