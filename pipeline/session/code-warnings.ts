/** Before a run: what is to be said of the code that commands run. */

import { formatPlace, type Location } from '../pipeline-file/diagnostic.ts';
import type { CodeSpot } from '../scripts/traced-command.ts';
import type { Session } from './open-session.ts';

/** Something to be said of the code of a stage's commands; without a node it is of several. */
interface CodeWarning {
  readonly node: string | null;
  readonly text: string;
}

/** Files that a message names. */
const MOST_NAMED = 4;

/**
 * What keeps the code of commands from being followed, each place once; and once for all, of which files
 * imports are not followed.
 */
export async function listCodeWarnings(session: Session): Promise<CodeWarning[]> {
  const { graph, nodes, tools } = session;
  const warnings = new Map<string, CodeWarning>();
  const unfollowed = new Set<string>();
  const stages = new Set<string>();
  for (const node of nodes) {
    if (!node.mayRunCode) continue;
    const code = await tools.commands.find(node);
    if (code === null) continue;
    const { name } = node.stage;
    for (const spot of code.spots) {
      // Whoever names code by hand knows of it.
      if (node.code.length > 0 && spot.file !== null && adviseOn(spot) !== '') continue;
      const place = locateSpot(spot, () => graph.spec.source.locate(['stages', name, 'command']));
      const text = `${formatPlace(place)}: ${spot.what}${adviseOn(spot)}`;
      if (!warnings.has(text)) warnings.set(text, { node: name, text });
    }
    if (stages.has(name)) continue;
    stages.add(name);
    for (const file of code.unfollowed) unfollowed.add(file);
  }
  const fresh = [...unfollowed]
    .sort()
    .filter((file) => tools.commands.tellsFirst(`unfollowed ${file}`));
  return [...warnings.values(), ...describeUnfollowed(fresh)];
}

function locateSpot({ file, line, column }: CodeSpot, locateCommand: () => Location): Location {
  return file === null ? locateCommand() : { file, line, column };
}

/** What would let an edit be noticed. */
function adviseOn({ file, what }: CodeSpot): string {
  if (/counts as it stands/.test(what)) return '';
  const way =
    file === null
      ? 'name it with code: at the stage'
      : 'import it by its name, or name it with code: at the stage';
  return `, so an edit behind it would go unnoticed; ${way}`;
}

function describeUnfollowed(files: readonly string[]): CodeWarning[] {
  if (files.length === 0) return [];
  const named = files.slice(0, MOST_NAMED).join(', ');
  const rest = files.length > MOST_NAMED ? ` and ${files.length - MOST_NAMED} more` : '';
  const [it, what] = files.length === 1 ? ['counts', 'it imports'] : ['count', 'they import'];
  const text = `${named}${rest} ${it} as the text that stands there: what ${what} or start${files.length === 1 ? 's' : ''} is not followed (said once)`;
  return [{ node: null, text }];
}
