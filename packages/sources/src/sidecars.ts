import { splitExtension } from './names.ts';
import type { SidecarRole } from './source.ts';

const ROLE_ORDER: readonly SidecarRole[] = [
  'metadata',
  'style',
  'checksum',
  'pam',
  'worldfile',
  'projection',
  'overviews',
];

/** Endings of sidecars, best first within a role. Which name comes first: `<stem><ending>` or `<name><ending>`. */
const ENDINGS: ReadonlyArray<{ ending: string; role: SidecarRole; first: 'stem' | 'name' }> = [
  { ending: '.xml', role: 'metadata', first: 'stem' },
  { ending: '.qmd', role: 'metadata', first: 'stem' },
  { ending: '.sld', role: 'style', first: 'stem' },
  { ending: '.sha256', role: 'checksum', first: 'name' },
  { ending: '.md5', role: 'checksum', first: 'name' },
  { ending: '.aux.xml', role: 'pam', first: 'name' },
  ...['.tfw', '.tifw', '.tiffw', '.tfwx', '.tifwx', '.wld'].map((ending) => ({
    ending,
    role: 'worldfile' as const,
    first: 'stem' as const,
  })),
  { ending: '.prj', role: 'projection', first: 'stem' },
  { ending: '.ovr', role: 'overviews', first: 'name' },
];

/** One way to read a name: as the sidecar of a raster whose name or stem is `base`. */
export interface Reading {
  role: SidecarRole;
  base: string;
  /** Lower comes first: role, ending, and whether the base was the raster's stem or name. */
  rank(as: 'stem' | 'name'): number;
  /** The ending is in lower case, as most write it. */
  plain: boolean;
}

/** Every way to read a name as a sidecar's; none where it cannot be one. `a.aux.xml` belongs to `a.tif` or `a.aux.tif`. */
export function readingsOf(name: string): Reading[] {
  const lower = name.toLowerCase();
  const readings: Reading[] = [];
  for (const [index, { ending, role, first }] of ENDINGS.entries()) {
    if (name.length <= ending.length || !lower.endsWith(ending)) continue;
    const order = ROLE_ORDER.indexOf(role) * 100 + index * 2;
    readings.push({
      role,
      base: name.slice(0, -ending.length),
      rank: (as) => order + (as === first ? 0 : 1),
      plain: name.endsWith(ending),
    });
  }
  return readings;
}

/** Names of metadata and other small sidecars a server without listings can be asked for, best first. */
export function likelySidecars(rasterName: string): Array<{ name: string; role: SidecarRole }> {
  const { stem } = splitExtension(rasterName);
  return [
    { name: `${stem}.xml`, role: 'metadata' },
    ...(stem === rasterName ? [] : [{ name: `${rasterName}.xml`, role: 'metadata' as const }]),
    { name: `${stem}.sld`, role: 'style' },
    { name: `${rasterName}.sha256`, role: 'checksum' },
  ];
}
