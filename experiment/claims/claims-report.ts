/** What came of all claims in a profile, as a value, as Markdown and for a terminal. */

import type { Claims, Judgement, Verdict } from './claim.ts';
import { VERDICTS } from './claim.ts';
import { judgeClaim, type MissingExperiment } from './judge.ts';
import type { Row } from './select.ts';
import { wordCount, wordShare } from './wording.ts';

/** The content of `claims.json`. */
export interface ClaimsReport {
  readonly schema: 1;
  readonly profile: string;
  readonly paper: Claims['paper'];
  /** Names of the data sets behind it. */
  readonly datasets: readonly string[];
  readonly counts: Readonly<Record<Verdict, number>>;
  readonly claims: readonly Judgement[];
}

/** Judges every claim by the experiments of a profile, whose order decides nothing. */
export function judgeClaims(
  { paper, claims }: Claims,
  profile: string,
  rows: readonly Row[],
  missing: readonly MissingExperiment[] = [],
): ClaimsReport {
  const ordered = rows.toSorted((a, b) => (a.experiment < b.experiment ? -1 : 1));
  const judged = claims.map((claim) => judgeClaim(claim, ordered, missing));
  const count = (verdict: Verdict) => judged.filter((one) => one.verdict === verdict).length;
  return {
    schema: 1,
    profile,
    paper,
    datasets: [...new Set(rows.map((row) => String(row['dataset'])))].sort(),
    counts: Object.fromEntries(VERDICTS.map((verdict) => [verdict, count(verdict)])) as Record<
      Verdict,
      number
    >,
    claims: judged,
  };
}

/** One line: how many claims have which verdict. */
export function summarizeClaims({ counts }: ClaimsReport): string {
  return VERDICTS.filter((verdict) => counts[verdict] > 0)
    .map((verdict) => wordCount(counts[verdict], verdict))
    .join(', ');
}

/** The claims as a Markdown table. */
export function formatClaimsMarkdown(report: ClaimsReport): string {
  const { paper, profile, datasets, claims } = report;
  const cell = (text: string) => text.replaceAll('\\', '\\\\').replaceAll('|', '\\|');
  const row = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`;
  return [
    `# Claims of [${paper.title}](${paper.url})`,
    '',
    `Profile ${profile}${datasets.length === 0 ? '' : `, ${datasets.join(' and ')}`}: ${summarizeClaims(report)}.`,
    '',
    row(['claim', 'in the paper', 'verdict', 'how often', 'because']),
    '|---|---|---|---|---|',
    ...claims.map(({ statement, place, words, share, reason }) =>
      row([statement, place, words, share === null ? '' : wordShare(share), reason]),
    ),
    '',
  ].join('\n');
}

/** The claims for a terminal of so many columns: a block each. */
export function formatTerminal(report: ClaimsReport, columns: number): string {
  const width = Math.max(...report.claims.map(({ words }) => words.length));
  const indent = ' '.repeat(width + 2);
  const wrap = (text: string) => wrapText(text, Math.max(30, columns - indent.length));
  const blocks = report.claims.map(({ id, statement, place, words, share, reason }) => {
    const lines = [
      ...wrap(statement),
      ...wrap(`${id} · ${place}`),
      ...(share === null ? [] : wrap(wordShare(share))),
      ...wrap(reason),
    ];
    const [first = '', ...rest] = lines;
    return [`${words.padEnd(width)}  ${first}`, ...rest.map((line) => `${indent}${line}`)].join(
      '\n',
    );
  });
  const { profile, datasets } = report;
  const about = [`profile ${profile}`, ...datasets].join(' · ');
  return `${blocks.join('\n\n')}\n\n${summarizeClaims(report)} (${about})\n`;
}

function wrapText(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= width) {
      lines[lines.length - 1] = `${line} ${word}`;
    } else lines.push(word);
  }
  return lines;
}
