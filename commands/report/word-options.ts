/** The options by which commands are about the same as a report. */

import type { Provenance } from './provenance.ts';

/** `--profile quick --set models=[MLP1]`: what chooses the results that a report is about, as it is typed. */
export function wordOptions({ profile, settings, exploration }: Provenance): string {
  return [
    `--profile ${profile}`,
    ...settings.map((setting) => `--set ${quoteWord(setting)}`),
    ...(exploration === null ? [] : [`--as ${quoteWord(exploration)}`]),
  ].join(' ');
}

/** A word for a shell, quoted where it must be. */
function quoteWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
