/** Declares `clean`, `cache …` and `accept-equal` for commander. */

import type { Command } from 'commander';
import { type Invocation, withWorkspaceOptions } from './declare-command.ts';

/** Declares the commands that look after outputs and the cache. */
export function addCareCommands(cli: Command, invocation: Invocation): void {
  const { output, conclude } = invocation;
  withWorkspaceOptions(
    cli
      .command('clean')
      .description('remove outputs that the cache can put back; keeps what you changed')
      .argument(
        '[targets...]',
        'targets, stages or nodes, with what they need; default: everything',
      ),
  )
    .option('-n, --dry-run', 'show what would go, and remove nothing')
    .option('--stale', 'remove only what earlier runs put there and no stage makes any more')
    .action(async (targets: string[], options) => {
      const { cleanCommand } = await import('./clean.ts');
      conclude(await cleanCommand(targets, options, output));
    });

  withWorkspaceOptions(
    cli
      .command('accept-equal')
      .description('declare that an edit did not change the result of a node')
      .argument('<node>', 'the full name of a node, or a stage for all of its nodes'),
  )
    .option('--from <name>', 'after a rename: what the node, or its stage, was called before')
    .option('--reason <text>', 'why the result is the same; kept with it')
    .option('--undo', 'take it back: the next run makes the result')
    .action(async (node: string, options) => {
      const { acceptEqualCommand } = await import('./accept-equal.ts');
      conclude(await acceptEqualCommand(node, options, output));
    });
  addCacheCommands(cli, invocation);
}

function addCacheCommands(cli: Command, { program, output, conclude }: Invocation): void {
  const cache = cli
    .command('cache')
    .description('look after the cache: stats, verify, repair, gc, push, pull, check')
    .exitOverride();
  const withDirectory = (command: Command) =>
    command
      .option('-C, --directory <folder>', 'the workspace (default: the nearest one upward)')
      .option('--json', 'print one JSON object');
  withDirectory(cache.command('stats').description('what the cache holds, and its size')).action(
    async (options) => {
      const { cacheStatsCommand } = await import('./cache.ts');
      conclude(await cacheStatsCommand(options, output));
    },
  );
  withDirectory(
    cache
      .command('verify')
      .description('hash every object and read every record again; 1 where one is damaged'),
  ).action(async (options) => {
    const { cacheScrubCommand } = await import('./cache.ts');
    conclude(await cacheScrubCommand(options, false, output));
  });
  withDirectory(
    cache.command('repair').description('verify, and put what is damaged into quarantine'),
  ).action(async (options) => {
    const { cacheScrubCommand } = await import('./cache.ts');
    conclude(await cacheScrubCommand(options, true, output));
  });
  withDirectory(
    cache.command('gc').description('remove what no profile needs and nobody used lately'),
  )
    .option('--days <n>', 'keep what was used in the last n days (default 30)')
    .option('--size <size>', 'keep at most this much beyond what is needed, such as 10GB')
    .option('-n, --dry-run', 'show what would go, and remove nothing')
    .action(async (options) => {
      const { collectGarbageCommand } = await import('./collect-garbage.ts');
      conclude(await collectGarbageCommand(options, program, output));
    });
  addShareCommands(cache, { output, conclude });
}

/** Declares the commands on the remote cache. */
function addShareCommands(
  cache: Command,
  { output, conclude }: Pick<Invocation, 'output' | 'conclude'>,
): void {
  const withRemote = (command: Command) =>
    withWorkspaceOptions(command)
      .option('--remote <url>', 'the remote cache, https://… or file:///…')
      .option('--json', 'print one JSON object');
  const about = { push: 'send results of targets to', pull: 'bring results of targets from' };
  for (const direction of ['push', 'pull'] as const) {
    withRemote(
      cache
        .command(direction)
        .description(`${about[direction]} the remote cache, with all that they need`)
        .argument('[targets...]', 'targets, stages or nodes (stage/cell); default: everything'),
    ).action(async (targets: string[], options) => {
      const { shareCommand } = await import('./share-results.ts');
      conclude(await shareCommand(direction, targets, options, output));
    });
  }
  withRemote(
    cache.command('check').description('whether the remote cache answers; 1 where it does not'),
  ).action(async (options) => {
    const { checkRemoteCommand } = await import('./share-results.ts');
    conclude(await checkRemoteCommand(options, output));
  });
}
