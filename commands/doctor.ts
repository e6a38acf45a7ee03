/** The command `pipeline doctor`: which engines and devices work here, and how to get the others. */

import type { CommandContext } from 'rederive/contract';
import { formatReport } from './doctor/format-report.ts';
import { inspectHost } from './doctor/inspect-host.ts';
import { inspectOnnx } from './doctor/inspect-onnx.ts';
import { inspectTfjs } from './doctor/inspect-tfjs.ts';
import { inspectTools } from './doctor/inspect-tools.ts';
import { inspectWebgpu } from './doctor/inspect-webgpu.ts';
import { readArguments } from './read-arguments.ts';

const USAGE = `Usage: pipeline doctor [--json]

Shows the machine, which engines and devices compute here (each is tried), for what does not
work the reason and the command that brings it, and whether the remote cache answers. --json prints the same as JSON.
`;

/**
 * Prints the report.
 *
 * @returns 0, whatever it found
 * @throws StageFailure where the arguments are wrong
 */
export async function main({ $, args, workspace, askRemote }: CommandContext): Promise<number> {
  const { json, help } = readOptions(args);
  if (help === true) {
    process.stdout.write(USAGE);
    return 0;
  }
  const [onnx, tfjs, webgpu, tools, remote] = await Promise.all([
    inspectOnnx(workspace),
    inspectTfjs(workspace),
    inspectWebgpu(workspace),
    inspectTools($),
    // What is wrong with pipeline.yaml is told by whoever uses it.
    askRemote().catch(() => null),
  ]);
  const report = { host: inspectHost(), engines: [onnx, tfjs, webgpu], tools, remote };
  const text = json === true ? `${JSON.stringify(report, null, 2)}\n` : formatReport(report);
  process.stdout.write(text);
  return 0;
}

function readOptions(args: readonly string[]) {
  return readArguments(args, USAGE, {
    options: { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
  }).values;
}
