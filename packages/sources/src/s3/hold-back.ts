import { isRasterName, type NameRules, splitExtension } from '../names.ts';
import { readingsOf } from '../sidecars.ts';

/**
 * Where a listing has to be taken up again so that no raster is parted from its sidecars: the index of the first name
 * whose family may go on beyond the last one, or null where none does. In a listing ordered by bytes a family
 * (`<stem>.…`) lies together; sidecars may come before their raster. 0 means that one family fills it all.
 */
export function firstOpenFamily(names: readonly string[], rules: NameRules): number | null {
  const last = names.at(-1);
  if (last === undefined) return null;
  const open = (stem: string): boolean => `${stem}.` > last || last.startsWith(`${stem}.`);
  const index = names.findIndex((name) =>
    isRasterName(name, rules) ? open(splitExtension(name).stem) : stemsOf(name, rules).some(open),
  );
  return index < 0 ? null : index;
}

/** Of what is no raster by its name. */
function stemsOf(name: string, rules: NameRules): string[] {
  // only a base that is a raster's name has a stem of its own: `S2.2020.xml` is not of the family `S2.`
  const bases = readingsOf(name).map(({ base }) => (isRasterName(base, rules) ? splitExtension(base).stem : base));
  return bases.length === 0 && rules.magic && splitExtension(name).extension === '' ? [name] : bases;
}
