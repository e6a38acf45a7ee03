/** A reason in text: what it is in a line, and below that its lines or files. */

import type { Difference, Reason } from '../../explain/difference.ts';
import { wordFile, wordReason } from '../../explain/wording.ts';
import type { Palette } from '../../progress/style.ts';
import { cleanLine } from '../../progress/text.ts';

/** A reason in one line, where {@link formatDetails} follows. */
export function wordTitle(reason: Reason): string {
  // The files stand below, all of them.
  return wordReason(reason.kind === 'input' ? { ...reason, files: null } : reason);
}

/** The changed lines, or files, of a reason; none where its title says all. */
export function formatDetails(reason: Reason, palette: Palette): readonly string[] {
  const paintAll = (lines: readonly string[]) => lines.map((line) => paint(line, palette));
  switch (reason.kind) {
    case 'module': {
      const { change, patch } = reason;
      // One that came or went is not shown in whole.
      return change === 'changed' && patch !== null ? paintAll(patch.text.split('\n')) : [];
    }
    case 'input': {
      if (reason.files !== null) return reason.files.map(wordFile);
      const unknown = 'which of its files is not known: their earlier list is not kept';
      return isFolder(reason) ? [unknown] : [];
    }
    case 'action': {
      const [before, after] = [reason.before.text, reason.after.text];
      const isLong = (before + after).includes('\n');
      if (before === after || !isLong) return [];
      const mark = (text: string, sign: string) => text.split('\n').map((line) => sign + line);
      return paintAll([...mark(before, '-'), ...mark(after, '+')]);
    }
    default:
      return [];
  }
}

function isFolder({ before, after, change }: Difference & { readonly kind: 'input' }): boolean {
  const isTree = (content: string | null) => content?.startsWith('tree:') === true;
  return change === 'changed' && isTree(before) && isTree(after);
}

function paint(line: string, palette: Palette): string {
  // A file's own escape sequences must not reach the terminal.
  const clean = cleanLine(line.replaceAll('\t', '  '));
  if (clean.startsWith('+')) return palette.good(clean);
  if (clean.startsWith('-')) return palette.bad(clean);
  return clean.startsWith('@@') ? palette.accent(clean) : clean;
}
