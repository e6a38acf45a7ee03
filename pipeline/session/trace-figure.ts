/** `trace`, acting: a file's name → where its marks come from. */

import { Ancestry } from '../provenance/ancestry.ts';
import { ContentFinder } from '../provenance/find-content.ts';
import { type FigureFault, type FigureFile, readFigure } from '../provenance/read-figure.ts';
import { type Trace, traceFigure } from '../provenance/trace.ts';
import { badArgument, type UserMistakes } from './mistakes.ts';
import { nameInWorkspace, resolveArgument } from './named-file.ts';
import type { WorkspaceOptions } from './open-session.ts';
import { withProfiles } from './with-session.ts';

/**
 * Maps every mark of a figure to the results behind it. Changes nothing.
 *
 * @param path a file of the figure, as it was typed
 * @throws {UserMistakes} where it is no such file, and with what is wrong in the pipeline
 */
export async function traceFile(path: string, options: WorkspaceOptions): Promise<Trace> {
  const file = readFigure(resolveArgument(path, options.directory));
  if (typeof file === 'string') throw refuseFigure(path, file);
  return withProfiles(options, (sessions) => {
    const [{ root, layout, tools, history }] = sessions;
    const graphs = sessions.map(({ graph }) => graph);
    const ancestry = new Ancestry(graphs, { ...tools, history });
    const places = new ContentFinder(graphs, layout, tools);
    return traceFigure(relateFigure(file, root), ancestry, places);
  });
}

/** Names files by their paths from the workspace, where they lie in it. */
function relateFigure(file: FigureFile, root: string): FigureFile {
  const relate = (path: string) => nameInWorkspace(path, root) ?? path;
  return { ...file, path: relate(file.path), carrier: relate(file.carrier) };
}

/** Why a file cannot be traced, as the user's mistake. */
function refuseFigure(path: string, fault: FigureFault): UserMistakes {
  switch (fault) {
    case 'missing':
      return badArgument(path, 'there is no such file', { expected: 'a file of a figure' });
    case 'no-figure':
      return badArgument(path, 'this is no file of a figure', {
        expected: 'a name that ends in .vl.json, .svg, .png, .pdf or .csv',
      });
    case 'no-provenance':
      return badArgument(
        path,
        'neither this file nor those beside it say where the figure comes from',
        { expected: 'a figure drawn by a stage whose inputs have provenance: true' },
      );
  }
}
