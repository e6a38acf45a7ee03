import { mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { REPOSITORY, runCommand } from '../../fixtures/project.ts';
import type { Workspace } from '../../fixtures/workspace.ts';

/** What a person does in a workspace from a template, and what it has to give. */
interface TemplateUse {
  readonly name: string;
  /** Nodes of its default profile. */
  readonly nodes: number;
  /** A file that others use, an edit of it that changes results, and how many nodes that runs again. */
  readonly helper: string;
  readonly from: string;
  readonly to: string;
  readonly rerun: number;
  /** What a run leaves, and what the report shows of it. */
  readonly makes: readonly string[];
  readonly shows: readonly string[];
}

export const SHELL: TemplateUse = {
  name: 'shell',
  nodes: 3,
  helper: 'count-words.sh',
  from: "sed '/^$/d'",
  to: "sed '/^.\\{0,2\\}$/d'",
  rerun: 3,
  makes: ['results/common.txt'],
  shows: ['<h3>count<span class="count">2</span></h3>', '<th scope="row">moby-dick</th>'],
};

export const PYTHON: TemplateUse = {
  name: 'python',
  nodes: 9,
  helper: 'moons.py',
  from: 'rng.gauss(0, 0.5)',
  to: 'rng.gauss(0, 0.4)',
  rerun: 8,
  makes: ['results/metrics.csv', 'results/learning-curves.svg', 'results/learning-curves.png'],
  shows: [
    'src="data:image/svg+xml;base64,',
    '<th scope="row">rate=0.3,seed=2</th>',
    // An axis that the command names is one column, followed by what was measured.
    '>seed</button></th><th scope="col" data-number><button type="button">test_loss<',
  ],
};

export const TYPESCRIPT: TemplateUse = {
  name: 'typescript',
  nodes: 14,
  helper: 'figures/draw-figure.ts',
  from: 'const PNG_ZOOM = 2',
  to: 'const PNG_ZOOM = 3',
  rerun: 1,
  makes: ['results/convergence.svg', 'results/convergence.png'],
  shows: ['src="data:image/svg+xml;base64,', '<td class="number" data-value="10000">10,000</td>'],
};

/** Makes a workspace from a template and does in it what its README says, with packages that are linked. */
export async function useTemplate(outer: Workspace, use: TemplateUse): Promise<string> {
  const made = await outer.start(['init', use.name, '--template', use.name]).result;
  expect(made.code, made.stderr).toBe(0);
  const folder = join(outer.path, use.name);
  linkPackages(folder);
  const start = async (...args: string[]) => {
    const result = await runCommand(
      [process.execPath, join(folder, 'node_modules/rederive/bin/pipeline.js'), ...args],
      folder,
    );
    expect(result.code, result.stdout + result.stderr).toBe(0);
    expect(result.stderr).toBe('');
    return result.stdout;
  };
  expect(await start('run')).toContain(`\n${use.nodes} executed, 0 cached, 0 failed`);
  for (const file of use.makes) expect(outer.exists(`${use.name}/${file}`), file).toBe(true);
  expect(await start('run')).toContain(`0 executed, ${use.nodes} cached, 0 failed`);
  outer.edit(`${use.name}/${use.helper}`, use.from, use.to);
  expect(await start('run')).toContain(`${use.rerun} executed, ${use.nodes - use.rerun} cached`);
  await start('report');
  const page = outer.read(`${use.name}/report.html`);
  for (const part of use.shows) expect(page).toContain(part);
  expect(await start('status')).not.toContain('will run');
  return folder;
}

/** Puts what `npm install` would fetch into a folder, and the engine. */
function linkPackages(folder: string): void {
  const modules = join(folder, 'node_modules');
  mkdirSync(modules);
  const from = join(REPOSITORY, 'node_modules');
  for (const name of readdirSync(from)) {
    if (name.startsWith('.') || name === 'rederive') continue;
    symlinkSync(join(from, name), join(modules, name));
  }
  symlinkSync(join(REPOSITORY, 'pipeline'), join(modules, 'rederive'));
}
