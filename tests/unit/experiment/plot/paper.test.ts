import { describe, expect, it } from 'vitest';
import { countCovering, countHidden } from '../../../../experiment/plot/coincide.ts';
import { escapeLatex } from '../../../../experiment/plot/latex.ts';
import { readPdfText } from '../../../../pipeline/provenance/pdf-text.ts';
import { run } from '../../../../stages/figures/generalization-error.ts';
import { readCaption, readOutput, readTexts } from './drawn-figure.ts';
import { makeFolder, recordLevels, runStage } from './recorded-runs.ts';

describe('what a paper takes of a figure', () => {
  it('is a plain drawing as SVG and PDF, and the caption as text and LaTeX', async () => {
    const levels = await recordLevels(await makeFolder(), ['MLP1', 'Net'], [0, 1], {
      epochs: 5,
      stepsPerEpoch: 4,
    });
    const inputs = { evaluations: levels.map(({ evaluation }) => evaluation) };
    const draw = () => runStage(run, inputs, [''], {}, ['plain_svg', 'pdf', 'caption', 'latex']);
    const result = await draw();
    const plain = readOutput(result, 'plain_svg').toString('utf8');
    expect(plain).toMatch(/^<svg [^>]* width="234pt"/);
    const annotated = readTexts(readOutput(result, 'svg').toString('utf8'));
    const shown = readTexts(plain);
    expect(annotated.filter((text) => !shown.includes(text))).toHaveLength(3);
    expect(annotated.filter((text) => !shown.includes(text))[0]).toContain('Figure 1c. ');

    const pdf = readOutput(result, 'pdf');
    const text = pdf.toString('latin1');
    expect(text.match(/\/FontFile2 /g)).toHaveLength(1);
    expect(text).not.toMatch(/Date|\/FlateDecode/);
    const { usermeta } = JSON.parse(readOutput(result, 'spec').toString('utf8'));
    expect(JSON.parse(readPdfText(pdf, 'usermeta') ?? '')).toEqual(usermeta);
    expect(readOutput(await draw(), 'pdf').equals(pdf)).toBe(true);

    const caption = readCaption(result);
    const title = 'Generalization error growth: test error at the interpolation threshold';
    expect(readOutput(result, 'caption').toString('utf8')).toBe(`${title}. ${caption}\n`);
    expect(readOutput(result, 'latex').toString('utf8')).toBe(
      `\\caption{\\textbf{${title}.} ${escapeLatex(caption)}}\n\\label{fig:latex}\n`,
    );
  });

  it('has every sign of LaTeX escaped', () => {
    expect(escapeLatex('99.7% < a_b & ~{x}\\ × 2')).toBe(
      '99.7\\% $<$ a\\_b \\& \\textasciitilde{}\\{x\\}\\textbackslash{} $\\times$ 2',
    );
    expect(escapeLatex('σ² at 1.1 × 10⁻¹⁶')).toBe('$\\sigma$$^{2}$ at 1.1 $\\times$ 10$^{-16}$');
  });
});

describe('what hides what', () => {
  const curve = (...heights: readonly number[]) => new Map(heights.map((y, x) => [x, y]));

  it('counts the curves under one, of which it shows the gaps', () => {
    const curves = [
      curve(2, 1.5, 1),
      curve(2.01, 1.51, 1.01),
      curve(2, 1.2, 0.4),
      curve(2, 1.5, 1),
    ];
    expect(countHidden(curves, 3)).toEqual([0, 1, 0, 2]);
  });

  it('does not take curves for one that both lie on the axis', () => {
    expect(countHidden([curve(2, 0, 0, 0, 0), curve(1, 0, 0, 0, 0)], 3)).toEqual([0, 0]);
  });

  it('counts the dots over one', () => {
    const dots = [
      { x: 10, y: 1, kind: 'a' },
      { x: 10, y: 1, kind: 'a' },
      { x: 10, y: 1.01, kind: 'b' },
      { x: 50, y: 1, kind: 'c' },
    ];
    expect(countCovering(dots, { x: 100, y: 2 })).toEqual([1, 1, 0, 0]);
  });
});
