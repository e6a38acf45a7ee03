import { once } from 'node:events';
import { request } from 'node:http';
import type { RunningCommand, Workspace } from '../../fixtures/workspace.ts';

/** A page that is served by the real command line. */
export interface ServedPage {
  /** With a slash at its end. */
  readonly address: string;
  readonly port: number;
  readonly command: RunningCommand;
}

const started = new Set<RunningCommand>();

/** For `afterAll`: ends the servers that a test which failed has left. */
export function killServers(): void {
  for (const { child } of started) child.kill('SIGKILL');
}

/** Starts `pipeline serve` in a workspace. */
export async function startServer(
  workspace: Workspace,
  args: readonly string[] = [],
): Promise<ServedPage> {
  let told: (line: string) => void = () => {};
  const line = new Promise<string>((resolve) => {
    told = resolve;
  });
  const onEvent = (event: unknown) => told(JSON.stringify(event));
  const command = workspace.start(['serve', '--json', ...args], { onEvent });
  started.add(command);
  const ended = command.result.then(({ stderr }) => {
    started.delete(command);
    throw new Error(`pipeline serve ended: ${stderr}`);
  });
  ended.catch(() => {});
  const { address, port } = JSON.parse(await Promise.race([line, ended])) as ServedPage;
  return { address, port, command };
}

/** Ends a server as Ctrl-C does. @returns its exit code */
export async function stopServer({ command }: ServedPage): Promise<number | null> {
  command.child.kill('SIGINT');
  return (await command.result).code;
}

/** Asks with any headers, which `fetch` would not. */
export async function ask(
  address: string,
  { method = 'GET', headers = {} }: { method?: string; headers?: Record<string, string> } = {},
): Promise<{
  readonly status: number;
  readonly body: string;
  readonly headers: NodeJS.Dict<string | string[]>;
}> {
  const asked = request(address, { method, headers });
  asked.end();
  const [response] = await once(asked, 'response');
  let body = '';
  for await (const chunk of response) body += chunk;
  return { status: response.statusCode, body, headers: response.headers };
}

/** A server-sent event. */
export interface SentEvent {
  readonly type: string;
  readonly id: string | null;
  readonly data: string;
}

/** Listens to a stream until its data, all of it together, has what is wanted. */
export async function listen(
  address: string,
  wanted: readonly (string | RegExp)[],
  headers: Record<string, string> = {},
): Promise<readonly SentEvent[]> {
  const response = await fetch(address, { headers });
  const events: SentEvent[] = [];
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk).toString();
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const lines = block.split('\n');
      const member = (name: string) =>
        lines.flatMap((line) =>
          line.startsWith(`${name}: `) ? [line.slice(name.length + 2)] : [],
        );
      const event = {
        type: member('event')[0] ?? '',
        id: member('id')[0] ?? null,
        data: member('data').join('\n'),
      };
      events.push(event);
    }
    const told = events.map(({ data }) => data).join('\n');
    // Leaving the loop ends the connection.
    if (wanted.every((one) => told.search(one) >= 0)) return events;
  }
  return events;
}
