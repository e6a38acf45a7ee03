/**
 * Which of several adapters a stage computes on: that of the GPU that it was given, where that is of the model
 * that Dawn prefers. What another model computes has other bits, and is no result of what the machine tells.
 * Vulkan heeds no CUDA_VISIBLE_DEVICES and Dawn takes the first adapter; of equal ones, Mesa's layer puts the
 * card first that DRI_PRIME names, whoever's its driver is.
 */

import type { Card } from './cards.ts';

/** What is known of the machine. */
export interface AdapterView {
  /** Variables of this process, of which those of Mesa are set where that chooses a card. */
  readonly environment: Record<string, string | undefined>;
  /** Names of the adapters that Dawn finds under those variables now, in its order. */
  readonly list: () => Promise<readonly string[]>;
  readonly findCards: () => readonly Card[];
}

/** Who sets one of these has chosen. */
const CHOICES = ['MESA_VK_DEVICE_SELECT', 'DRI_PRIME'];
/** Has Mesa's layer show the card alone that it puts first. */
const ALONE = 'MESA_VK_DEVICE_SELECT_FORCE_DEFAULT_DEVICE';

/**
 * Has Dawn's first adapter be that of the first id in CUDA_VISIBLE_DEVICES.
 *
 * @returns why it is another one, in a sentence; null where it is not, or where no GPU was given
 */
export async function chooseAdapter(view: AdapterView): Promise<string | null> {
  const { environment } = view;
  const [id = ''] = (environment['CUDA_VISIBLE_DEVICES'] ?? '').split(',');
  if (id === '' || CHOICES.some((name) => (environment[name] ?? '') !== '')) return null;
  const names = await view.list();
  const [preferred, ...others] = names;
  if (preferred === undefined || others.length === 0) return null;
  const equals = names.filter((name) => name === preferred).length;
  const cards = view.findCards();
  const card = cards.find(({ uuid }) => uuid?.startsWith(id) === true) ?? cards[Number(id)];
  let name = card === undefined ? names[Number(id)] : (card.model ?? undefined);
  if (card !== undefined && (name === undefined || (name === preferred && equals > 1))) {
    const shown = await showAlone(card, view);
    if (shown === preferred) return null;
    showAll(view);
    name ??= shown;
  }
  if (name !== undefined && name !== preferred) {
    return `the GPU ${id} is ${name}, and ${preferred} is taken: what another model computes is another result`;
  }
  const isFirst =
    card === undefined ? id === '0' : cards.find(({ model }) => model === card.model) === card;
  if (isFirst || (name === preferred && equals === 1)) return null;
  if (card === undefined && name === undefined) {
    return `no adapter is known to be the GPU ${id}, of ${names.join(', ')}: the first is taken`;
  }
  return (
    `the GPU ${id} cannot be told from others, of which ${preferred} is taken, the first: on Linux, ` +
    'Mesa tells them apart (on Debian: apt install mesa-vulkan-drivers)'
  );
}

/** Has Mesa's layer show a card alone. @returns its name; undefined where the layer is not installed */
async function showAlone(
  { address }: Card,
  { environment, list }: AdapterView,
): Promise<string | undefined> {
  environment['DRI_PRIME'] = `pci-${address.replace(/[:.]/g, '_')}`;
  environment[ALONE] = '1';
  const [only, ...others] = await list();
  return others.length === 0 ? only : undefined;
}

function showAll({ environment }: AdapterView): void {
  delete environment['DRI_PRIME'];
  delete environment[ALONE];
}
