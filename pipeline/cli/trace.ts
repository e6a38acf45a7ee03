import { RunHistory } from '../cache/history.ts';
import { locateArgument } from '../pipeline-file/diagnostic.ts';
import { openPalette, wantsColour } from '../progress/style.ts';
import { Ancestry } from '../provenance/ancestry.ts';
import { ContentFinder } from '../provenance/find-content.ts';
import { type FigureFault, type FigureFile, readFigure } from '../provenance/read-figure.ts';
import { traceFigure } from '../provenance/trace.ts';
import { UserMistakes } from '../session/mistakes.ts';
import { openProfiles } from '../session/open-profiles.ts';
import { findWorkspace, type WorkspaceOptions } from '../session/open-session.ts';
import { nameInWorkspace, resolveArgument } from './named-file.ts';
import { formatTrace } from './print-trace.ts';

/**
 * `pipeline trace <figure>`: maps every mark of a figure to the results behind it. Changes nothing.
 *
 * @returns the exit code: 0, or 1 where a mark names no run or a result is not in the cache
 */
export async function traceCommand(
  path: string,
  options: WorkspaceOptions & { readonly json?: boolean },
): Promise<number> {
  const file = readFigure(resolveArgument(path, options.directory));
  if (typeof file === 'string') throw refuseFigure(path, file);
  const sessions = await openProfiles(options);
  const [first] = sessions;
  if (first === undefined) throw new Error('a pipeline has a profile');
  try {
    const { layout, tools } = first;
    const graphs = sessions.map(({ graph }) => graph);
    const history = new RunHistory(layout, tools.results);
    const ancestry = new Ancestry(graphs, { ...tools, history });
    const places = new ContentFinder(graphs, layout, tools);
    const trace = traceFigure(relateFigure(file, options), ancestry, places);
    const palette = openPalette(wantsColour(process.env, process.stdout.isTTY === true));
    const text =
      options.json === true ? JSON.stringify(trace, null, 1) : formatTrace(trace, palette);
    process.stdout.write(`${text}\n`);
    const isWhole =
      trace.marks.every(({ explained }) => explained) &&
      trace.runs.every(({ lost }) => lost.length === 0);
    return isWhole ? 0 : 1;
  } finally {
    for (const session of sessions) session.close();
  }
}

/** Names files by their paths from the workspace, where they lie in it. */
function relateFigure(file: FigureFile, options: WorkspaceOptions): FigureFile {
  const workspace = findWorkspace(options.directory);
  const relate = (path: string) => nameInWorkspace(path, workspace) ?? path;
  return { ...file, path: relate(file.path), carrier: relate(file.carrier) };
}

/** Why a file cannot be traced or verified, as the user's mistake. */
function refuseFigure(path: string, fault: FigureFault): UserMistakes {
  const location = locateArgument(path);
  const refuse = (message: string, expected: string) =>
    new UserMistakes([{ code: 'bad-argument', message, location, expected }], new Map());
  switch (fault) {
    case 'missing':
      return refuse('there is no such file', 'a file of a figure');
    case 'no-figure':
      return refuse(
        'this is no file of a figure',
        'a name that ends in .vl.json, .svg, .png or .csv',
      );
    case 'no-provenance':
      return refuse(
        'neither this file nor those beside it say where the figure comes from',
        'a figure drawn by a stage whose inputs have provenance: true',
      );
  }
}
