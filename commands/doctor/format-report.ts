/** Sets the doctor's findings for people, at 80 columns. */

import type { RemoteAnswer } from 'rederive/contract';
import { formatBytes } from '../../experiment/data/disk-space.ts';
import type { EngineReport } from './device-report.ts';
import type { HostReport } from './inspect-host.ts';
import type { ToolReport } from './inspect-tools.ts';

/** All that the doctor finds. */
export interface DoctorReport {
  readonly host: HostReport;
  readonly engines: readonly EngineReport[];
  readonly tools: readonly ToolReport[];
  /** Whether the remote cache answers; null where none is given. */
  readonly remote: RemoteAnswer | null;
}

const WIDTH = 80;
const LABEL = 12;

/** The report as lines, each at most 80 columns unless one word is longer. */
export function formatReport({ host, engines, tools, remote }: DoctorReport): string {
  const { total, free } = host.memory;
  const processor = [
    host.processor,
    `${host.cores} cores`,
    ...(host.vectors ? [host.vectors] : []),
  ];
  const lines = [
    ...row('Node', host.node),
    ...row('System', host.platform),
    ...row('Processor', processor.join(', ')),
    ...row('Threads', `${host.threads}, shared by the stages that run at once`),
    ...row('Memory', `${formatBytes(total)}, ${formatBytes(free)} free`),
    ...engines.flatMap(formatEngine),
    '',
    'Programs that "pipeline engines install" uses',
    ...tools.flatMap(({ tool, found, remedy }) =>
      row(
        `  ${tool}`,
        found === null ? `missing: ${remedy}` : `${found.version} (${found.command})`,
      ),
    ),
    ...(remote === null ? [] : ['', ...row('Remote cache', wordRemote(remote))]),
  ];
  return `${lines.join('\n')}\n`;
}

function wordRemote({ remote, pull, push, milliseconds, fault }: RemoteAnswer): string {
  if (fault !== null) return `${remote} fails: ${fault}`;
  const use = `results are ${pull ? '' : 'not '}fetched and ${push ? '' : 'not '}sent by runs`;
  return `${remote} answers in ${milliseconds} ms; ${use}`;
}

function formatEngine({ engine, packages, devices }: EngineReport): string[] {
  const [first = 'not installed', ...more] = packages.map(
    ({ name, version }) => `${name} ${version}`,
  );
  return [
    '',
    `Engine ${engine}: ${first}`,
    ...(more.length === 0 ? [] : row('  unused', more.join(', '))),
    ...devices.flatMap(({ device, works, detail, remedy }) => [
      ...row(`  ${device}`, `${works ? 'works' : 'no'}${detail === '' ? '' : `: ${detail}`}`),
      ...(remedy === null ? [] : row('', `→ ${remedy}`)),
    ]),
  ];
}

/** A label, and a text beside it that is broken between words. */
function row(label: string, text: string): string[] {
  const lines: string[] = [];
  let line = label.padEnd(LABEL - 1);
  for (const word of text.split(/\s+/)) {
    if (line.trim() !== '' && line.length + 1 + word.length > WIDTH && line.length >= LABEL) {
      lines.push(line);
      line = ' '.repeat(LABEL - 1);
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}
