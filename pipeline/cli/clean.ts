import { listStandingOutputs, removeOutputs } from '../cache/clean.ts';
import { openLeases } from '../lease/open-leases.ts';
import { countOf } from '../report/units.ts';
import { locateArgument } from '../spec/diagnostic.ts';
import { UserMistakes } from './mistakes.ts';
import { openWorkspace, type WorkspaceOptions } from './open-workspace.ts';

/**
 * `pipeline clean [targets]`: removes from the workspace the outputs that the cache can put back.
 * What the user changed stays, and is named.
 *
 * @returns the exit code
 */
export async function cleanCommand(
  targets: readonly string[],
  options: WorkspaceOptions & { readonly dryRun?: boolean },
): Promise<number> {
  const isDry = options.dryRun === true;
  const { path, layout, nodes, tools, close } = await openWorkspace(
    options,
    targets,
    isDry ? {} : { writer: 'clean' },
  );
  const [holder] = openLeases(layout, process.env).listHolders();
  if (holder !== undefined) {
    close();
    throw new UserMistakes(
      [
        {
          code: 'bad-argument',
          message: `${holder.host}:${holder.pid} is running stages in this workspace, which may read what would go`,
          location: locateArgument('clean'),
          hint: 'run clean when it is done',
        },
      ],
      new Map(),
    );
  }
  const standing = listStandingOutputs(nodes, layout, tools.actions, tools.files);
  const going = standing.filter(({ keep }) => keep === null);
  for (const output of standing) {
    if (output.keep !== null) process.stdout.write(`kept ${output.path}: ${output.keep}\n`);
    else if (isDry) process.stdout.write(`would remove ${output.path}\n`);
  }
  if (!isDry) removeOutputs(going, path);
  close();
  const count = countOf(going.length, 'output');
  process.stdout.write(
    isDry ? `would remove ${count}\n` : `removed ${count}; pipeline run puts them back\n`,
  );
  return 0;
}
