/** Code of commands: nodes → what they run, the grammar of bash asked once for each text. */

import { hashBytes } from '../fingerprint/canonical.ts';
import type { GraphNode } from '../graph/types.ts';
import type { ListedProgram } from '../shell/list-programs.ts';
import { mayRunCode } from '../shell/may-run-code.ts';
import type { AgedRows } from '../system/aged-rows.ts';
import type { InterpreterChoice, Launch } from './launch.ts';
import { resolveLaunches, toText } from './resolve-launches.ts';

/** What finding takes. */
interface FinderTools {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Real path of the workspace. */
  readonly root: () => string;
  /** Programs by the digest of a command's text. */
  readonly texts: () => AgedRows<readonly ListedProgram[]>;
  readonly today: () => number;
}

/** What a node runs, and a name that nodes which run the same have in common. */
export interface FoundLaunches {
  readonly key: string;
  readonly launches: readonly Launch[];
}

const ANY_PYTHON: InterpreterChoice = { candidates: ['python3', 'python'], path: null };

/** Finds what nodes run. */
export class LaunchFinder {
  readonly #tools: FinderTools;
  readonly #found = new WeakMap<GraphNode, FoundLaunches>();

  constructor(tools: FinderTools) {
    this.#tools = tools;
  }

  /** The name of what a node runs; undefined where that was not asked for yet. */
  keyOf(node: GraphNode): string | undefined {
    return this.#found.get(node)?.key;
  }

  /** What a node runs by its command, and by `code:`. */
  async of(node: GraphNode): Promise<FoundLaunches> {
    const known = this.#found.get(node);
    if (known !== undefined) return known;
    const { action, code } = node;
    const command = action.kind === 'command' ? action.command : '';
    const { environment, root } = this.#tools;
    const programs = await this.#listPrograms(command);
    const own = resolveLaunches(programs, node, command, environment, root());
    const launches = own.filter(({ kind }) => kind !== 'unclear' || code.length === 0);
    const [interpreter = ANY_PYTHON] = launches.flatMap((one) =>
      one.kind === 'python' ? [one.interpreter] : [],
    );
    for (const path of code) launches.push(launchDeclared(path, interpreter));
    const found = { key: JSON.stringify([launches, listInputPathsOf(node)]), launches };
    this.#found.set(node, found);
    return found;
  }

  async #listPrograms(command: string): Promise<readonly ListedProgram[]> {
    if (!mayRunCode(command)) return [];
    const texts = this.#tools.texts();
    const key = hashBytes(command);
    const known = texts.find(key, this.#tools.today());
    if (known !== undefined) return known;
    const { listPrograms } = await import('../shell/list-programs.ts');
    const programs = listPrograms(toText(command));
    texts.keep(key, programs, this.#tools.today());
    return programs;
  }
}

/** What `code:` names: a module of Python, or a file that counts as it stands. */
function launchDeclared(path: string, interpreter: InterpreterChoice): Launch {
  if (path.endsWith('.py')) {
    const entry = { kind: 'file', path } as const;
    return { kind: 'python', interpreter, entry, folder: '', searched: [], isIsolated: false };
  }
  return { kind: 'file', path, folder: '', isStarted: true, interpreter, searched: [] };
}

/** Files and folders of the workspace that are inputs of a node. */
export function listInputPathsOf({ inputs }: GraphNode): string[] {
  return inputs.flatMap(({ sources }) =>
    sources.flatMap((source) => (source.kind === 'file' ? [source.path] : [])),
  );
}
