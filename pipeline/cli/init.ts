/** `pipeline init`: arguments → a question where one can be asked → `initWorkspace` → what to do next. */

import { createInterface } from 'node:readline/promises';
import {
  DEFAULT_TEMPLATE,
  TEMPLATE_NAMES,
  TEMPLATES,
  type TemplateName,
} from '../init/templates.ts';
import { initWorkspace } from '../session/init-workspace.ts';
import type { Program } from '../session/program.ts';
import { quoteArgument } from '../shell/quote-argument.ts';
import type { Output } from './output.ts';

/**
 * `pipeline init [folder]`: makes a workspace and says what to do with it. In a terminal it asks which one,
 * where that is not said.
 *
 * @returns the exit code: 130 where the question was interrupted
 * @throws {UserMistakes} where something is in the folder already
 */
export async function initCommand(
  folder: string,
  { template }: { readonly template?: TemplateName },
  program: Program,
  output: Output,
): Promise<number> {
  const chosen = template ?? (await chooseTemplate(output));
  if (chosen === null) return 130;
  const local = initWorkspace(folder, chosen, program);
  const install = local === null ? 'npm install' : `npm install --no-save ${quoteArgument(local)}`;
  const steps = [
    ...(folder === '.' ? [] : [[`cd ${quoteArgument(folder)}`, ''] as const]),
    [install, local === null ? 'this program, and what figures are drawn with' : ''] as const,
    ...TEMPLATES[chosen].steps,
  ];
  const width = Math.max(...TEMPLATES[chosen].steps.map(([command]) => command.length));
  const lines = steps.map(([command, gives]) =>
    gives === '' ? `  ${command}` : `  ${command.padEnd(width)}    # ${gives}`,
  );
  output.print(`${folder} is a workspace now. Next:\n\n${lines.join('\n')}\n`);
  return 0;
}

/** Asks which template it is to be, where somebody can answer. Null where they left. */
async function chooseTemplate({ stream, print }: Output): Promise<TemplateName | null> {
  if (stream.isTTY !== true || !process.stdin.isTTY) return DEFAULT_TEMPLATE;
  const width = Math.max(...TEMPLATE_NAMES.map((name) => name.length));
  const offers = TEMPLATE_NAMES.map(
    (name, i) => `  ${i + 1}  ${name.padEnd(width)}  ${TEMPLATES[name].description}\n`,
  );
  print(`What do you want to start from?\n\n${offers.join('')}\n`);
  const question = createInterface({ input: process.stdin, output: process.stdout });
  const left = new Promise<null>((leave) => question.once('close', () => leave(null)));
  try {
    for (;;) {
      const asked = question.question(`number or name [${DEFAULT_TEMPLATE}]: `);
      const answer = await Promise.race([asked, left]);
      if (answer === null) return null;
      const word = answer.trim();
      const chosen =
        word === ''
          ? DEFAULT_TEMPLATE
          : TEMPLATE_NAMES.find((name, i) => [name, `${i + 1}`].includes(word));
      if (chosen !== undefined) return chosen;
    }
  } finally {
    question.close();
  }
}
