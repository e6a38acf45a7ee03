import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { formatLatexCaption } from '../../../../experiment/plot/latex.ts';
import { PAPER_TABLE } from '../../../../experiment/plot/table1-rows.ts';
import * as samples from '../../../../stages/figures/corruption-samples.ts';
import * as expressivity from '../../../../stages/figures/expressivity.ts';
import * as learningCurves from '../../../../stages/figures/learning-curves.ts';
import * as table1 from '../../../../stages/figures/table1.ts';
import { readOutput } from '../../experiment/plot/drawn-figure.ts';
import {
  makeFolder,
  recordRun,
  recordTests,
  runStage,
} from '../../experiment/plot/recorded-runs.ts';
import { recordData, recordFits } from '../../experiment/plot/samples.ts';

/** Whether LaTeX finds a file of its own. */
function hasFile(name: string): boolean {
  return spawnSync('kpsewhich', [name], { encoding: 'utf8' }).stdout?.trim() !== '' && hasLatex;
}
const hasLatex = spawnSync('pdflatex', ['--version']).error === undefined;
const hasBooktabs = hasLatex && hasFile('booktabs.sty');

/** A title as a reader meets it where LaTeX is absent. */
function nameWith(missing: string | null, name: string): string {
  return missing === null ? name : `${name} (skipped: ${missing} is not installed)`;
}

/** Sets a document around the body. @returns what LaTeX has against it; empty where it is content */
async function typeset(body: string, packages = ''): Promise<string> {
  const folder = await makeFolder();
  const text = `\\documentclass{article}\n${packages}\\begin{document}\n${body}\n\\end{document}\n`;
  writeFileSync(join(folder, 'paper.tex'), text);
  const flags = ['-interaction=nonstopmode', '-halt-on-error', '-no-shell-escape'];
  spawnSync('pdflatex', [...flags, 'paper.tex'], { cwd: folder, timeout: 60_000 });
  const log = readFileSync(join(folder, 'paper.log'), 'latin1');
  return log
    .split('\n')
    .filter((line) => /^!|Missing character|Undefined|Overfull/.test(line))
    .join('\n');
}

function inFigure(caption: string): string {
  return `\\begin{figure}\\centering\\rule{3cm}{1cm}\n${caption}\\end{figure}\n`;
}

it.skipIf(!hasLatex)(
  nameWith(hasLatex ? null : 'pdflatex', 'LaTeX sets the captions of figures as they are'),
  async () => {
    const folder = await makeFolder();
    const data = await Promise.all(
      ['none', 'shuff_pix', 'rand_pix', 'gauss_pix'].map((one) => recordData(folder, one, 0)),
    );
    const fit = { experiment: 'x', dataset: 'noise', synthetic: true, seed: 1, p: 1, points: 10 };
    const fits = await recordFits([
      { ...fit, dimensions: 2352, weights: 2372, max_error: 0, fitted: 1 } as never,
    ]);
    const runs = await recordTests(folder, ['MLP1'], { epochs: 3, stepsPerEpoch: 4 });
    const drawn = await Promise.all([
      runStage(samples.run, { data }, [''], {}, ['latex']),
      runStage(expressivity.run, { fits: [fits] }, [''], {}, ['latex']),
      runStage(learningCurves.run, { metrics: runs.map(({ metrics }) => metrics) }, [''], {}, [
        'latex',
      ]),
    ]);
    const captions = drawn.map((one) => readOutput(one, 'latex').toString('utf8'));
    // All that any caption may hold, and what people type in settings.
    captions.push(
      formatLatexCaption(
        'σ², Σ, τ',
        'a_b & 5 % of $x$ #1 {y} ~z^2 \\n < > ≤ ≥ ± × · − 10⁻¹⁶ é',
        'fig:x',
      ),
    );
    expect(captions.join('')).toContain('$^{-16}$');
    expect(await typeset(captions.map(inFigure).join(''))).toBe('');
  },
);

it.skipIf(!hasBooktabs)(
  nameWith(
    hasBooktabs ? null : hasLatex ? 'booktabs' : 'pdflatex',
    'LaTeX sets table 1 within a page',
  ),
  async () => {
    const folder = await makeFolder();
    const runs = await Promise.all(
      PAPER_TABLE.slice(0, 8).map(({ model, crop, decay, labels }) =>
        recordRun(folder, {
          ...{ model, crop, decay, corruption: 'none', epochs: 2, stepsPerEpoch: 2 },
          ...{ p: labels === 'random' ? 1 : 0, threshold: 2, pace: 1, testError: 0.5 },
        }),
      ),
    );
    const inputs = { evaluations: runs.map(({ evaluation }) => evaluation) };
    const result = await runStage(table1.run, inputs, [''], {}, ['markdown', 'latex']);
    const table = readOutput(result, 'latex').toString('utf8');
    expect(await typeset(table, '\\usepackage{booktabs}\n')).toBe('');
  },
);
