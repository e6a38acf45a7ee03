/** Why nodes run, in text and in JSON. */

import type { ResultRecord } from '../../cache/results.ts';
import { groupCauses } from '../../explain/causes.ts';
import type { Cause, Reason } from '../../explain/difference.ts';
import type { Explanation } from '../../explain/explain-plan.ts';
import type { MisplacedOutput } from '../../explain/misplaced.ts';
import { wordCauses, wordFile } from '../../explain/wording.ts';
import { NOTHING_THERE } from '../../fingerprint/found-states.ts';
import type { FoundStates } from '../../fingerprint/record.ts';
import type { Palette } from '../../progress/style.ts';
import { cleanLine } from '../../progress/text.ts';
import { formatDuration } from '../../progress/units.ts';
import { showName } from '../../system/byte-names.ts';
import { formatIngredients } from './print-ingredients.ts';
import { formatDetails, wordTitle } from './print-reason.ts';

/** So many nodes of one cause are named, more are counted. */
const NAMED_NODES = 3;
/** So many paths of what was read are named. */
const NAMED_PATHS = 20;

/** Explanations for people: all that is known of one, a line each of several. */
export function formatExplanations(explanations: readonly Explanation[], palette: Palette): string {
  const [first, ...rest] = explanations;
  return first !== undefined && rest.length === 0
    ? formatExplanation(first, palette)
    : explanations.map(formatExplanationLine).join('\n');
}

/** A node in one line. */
function formatExplanationLine(explanation: Explanation): string {
  return `${explanation.node} ${wordState(explanation)}`;
}

/** All that is known of why a node is in its state, as lines. */
function formatExplanation(explanation: Explanation, palette: Palette): string {
  const { node, result, comparison, misplaced, causes, state } = explanation;
  const lines = [`${palette.strong(node)} ${wordState(explanation)}`];
  if (result !== null) lines.push(`  made by ${wordOrigin(result)}`);
  if (result?.accepted !== undefined) {
    const { from, at, reason } = result.accepted;
    lines.push(`  as ${from.slice(0, 12)}, accepted as equal on ${at}: ${cleanLine(reason)}`);
  }
  if (result !== null && comparison === null) {
    lines.push('  made from:', ...formatIngredients(result.record).map((line) => `    ${line}`));
  }
  lines.push(...formatFound(result?.record.found));
  for (const { path, files } of misplaced) {
    lines.push(...(files ?? []).map((file) => `  ${path}: ${wordFile(file)}`));
  }
  if (comparison !== null) {
    const { earlier, differences } = comparison;
    const title =
      result === null ? 'Since the nearest earlier run' : 'It ran because, since the one before';
    lines.push('', `${title} (${wordOrigin(earlier)}):`);
    lines.push(...differences.flatMap((difference) => formatReason(difference, palette)));
  }
  const fromAfar = causes.filter(({ chain }) => chain.length > 1);
  if (fromAfar.length > 0) {
    lines.push(
      '',
      state === 'depends-on-upstream' ? 'What runs before it, and why:' : 'Root cause:',
    );
    for (const group of groupCauses(fromAfar)) lines.push(...formatGroup(group, palette));
  }
  return lines.join('\n');
}

/** What a result with `inputs: auto` was seen to read. */
function formatFound(found: FoundStates | undefined): string[] {
  if (found === undefined) return [];
  const paths = Object.keys(found).sort();
  if (paths.length === 0) return ['  it was seen to read nothing of the workspace'];
  const named = paths.slice(0, NAMED_PATHS).map((path) => {
    const isMiss = found[path] === NOTHING_THERE;
    return `    ${cleanLine(showName(path))}${isMiss ? ' (looked for in vain)' : ''}`;
  });
  const rest = paths.length - named.length;
  if (rest > 0) named.push(`    and ${rest} more`);
  return ['  it was seen to read:', ...named];
}

/** An explanation for programs. */
export function describeExplanation({
  node,
  state,
  result,
  damagedRecord,
  misplaced,
  comparison,
  causes,
}: Explanation) {
  return {
    node,
    state,
    made: result === null ? null : describeOrigin(result),
    madeFrom: result?.record ?? null,
    found: result?.record.found ?? null,
    damagedRecord,
    misplaced,
    comparedWith: comparison === null ? null : describeOrigin(comparison.earlier),
    differences: comparison?.differences ?? [],
    causes,
  };
}

function wordState({ state, damagedRecord, misplaced, comparison, causes }: Explanation): string {
  switch (state) {
    case 'up-to-date':
      return 'is up to date';
    case 'cached': {
      const lost = misplaced.filter(({ stored }) => stored !== 'sound');
      const end =
        lost.length === 0
          ? 'the next run puts it back from the cache'
          : `it will run again, because in the cache ${lost.map(({ path, stored }) => `${path} is ${stored} too`).join(', ')}`;
      return `has a result, but ${misplaced.map(wordMisplaced).join(', ')}; ${end}`;
    }
    case 'run':
      if (damagedRecord !== null) {
        return `will run: its record in the cache (${damagedRecord.slice(0, 12)}…) is damaged`;
      }
      return comparison === null
        ? 'will run: it has not run before'
        : `will run: ${wordCauses(causes)}`;
    case 'unreadable':
      return 'cannot run: its inputs cannot be read';
    case 'depends-on-upstream':
      return `may run, depending on what runs before it: ${wordCauses(causes)}`;
  }
}

function wordMisplaced({ path, found }: MisplacedOutput): string {
  return found === 'missing' ? `${path} is missing` : `${path} is not what the run left there`;
}

/** A difference as lines: what, then its texts or files. */
function formatReason(reason: Reason, palette: Palette): string[] {
  const details = formatDetails(reason, palette).map((line) => `    ${line}`);
  return [`  ${wordTitle(reason)}`, ...details];
}

/** One reason with the ways from where it arose. */
function formatGroup(group: readonly [Cause, ...Cause[]], palette: Palette): string[] {
  const ways = group.slice(0, NAMED_NODES).map(({ chain }) => `  ${chain.join(' → ')}`);
  const rest = group.length - ways.length;
  if (rest > 0) ways.push(`  and ${rest} more`);
  return [...ways, ...formatReason(group[0].reason, palette).map((line) => `  ${line}`)];
}

function wordOrigin({ provenance, fingerprint }: ResultRecord): string {
  const { run, startedAt, seconds, host } = provenance;
  return `run ${run}, ${startedAt}, ${formatDuration(seconds)} s on ${cleanLine(host)}, ${fingerprint.slice(0, 12)}`;
}

function describeOrigin({ fingerprint, record, provenance, accepted }: ResultRecord) {
  const { run, startedAt, seconds, host, engine } = provenance;
  const made = { fingerprint, node: record.node, run, startedAt, seconds, host, engine };
  return { ...made, accepted: accepted ?? null };
}
