/** What is to be said of the code that commands run. */

import { formatPlace, type Location } from '../pipeline-file/diagnostic.ts';
import type { CodeSpot } from '../scripts/traced-command.ts';
import type { Session } from './open-session.ts';

/** Something to be said of the code of a stage's commands; without a node it is of several. */
interface CodeWarning {
  readonly node: string | null;
  readonly text: string;
}

/** What is found in the code of commands. */
interface CodeFindings {
  /** What keeps it from being followed, each place once. */
  readonly unclear: readonly (CodeWarning & { readonly node: string })[];
  /** Files of which imports are not followed, from the workspace. */
  readonly unfollowed: readonly string[];
}

/** Files that a message names. */
const MOST_NAMED = 4;

/**
 * Before a run: what keeps the code of commands from being followed; and once for all, of which files
 * imports are not followed.
 */
export async function listCodeWarnings(session: Session): Promise<CodeWarning[]> {
  const { unclear, unfollowed } = await findCodeFaults(session);
  const { commands } = session.tools;
  const fresh = unfollowed.filter((file) => commands.tellsFirst(`unfollowed ${file}`));
  return [...unclear, ...describeUnfollowed(fresh)];
}

/** Looks through the code of the commands of a session, as it is known since that was opened. */
export async function findCodeFaults({ graph, nodes, tools }: Session): Promise<CodeFindings> {
  const warnings = new Map<string, CodeFindings['unclear'][number]>();
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
  return { unclear: [...warnings.values()], unfollowed: [...unfollowed].sort() };
}

function locateSpot({ file, line, column }: CodeSpot, locateCommand: () => Location): Location {
  return file === null ? locateCommand() : { file, line, column };
}

/** What would let an edit be noticed. */
function adviseOn({ file, what }: CodeSpot): string {
  if (/counts as it stands|do not count$/.test(what)) return '';
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
