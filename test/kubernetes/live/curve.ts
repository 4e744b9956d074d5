import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/** What was so at one moment. */
export interface Point {
  /** Since the beginning. */
  seconds: number;
  /** Jobs of the stage that wait or run. */
  backlog: number;
  /** Pods that are ready. */
  replicas: number;
  /** Datasets that are through. */
  done: number;
}

export type Look = () => Promise<Omit<Point, 'seconds'>>;

export interface Recording {
  points: Point[];
  /** One more look, then no more. */
  end(): Promise<Point[]>;
}

const EVERY_MS = 500;

/** Looks twice a second, until it is ended. A look that fails is left out: pods come and go. */
export function record(look: Look): Recording {
  const points: Point[] = [];
  const began = performance.now();
  let ended = false;
  const once = async (): Promise<void> => {
    const seen = await look().catch(() => null);
    if (seen !== null) points.push({ seconds: (performance.now() - began) / 1000, ...seen });
  };
  const running = (async () => {
    while (!ended) {
      await once();
      await wait(EVERY_MS);
    }
  })();
  return {
    points,
    async end() {
      ended = true;
      await running;
      await once();
      return points;
    },
  };
}

const WIDTH = 900;
const PANEL = 130;
const LEFT = 70;
const GAP = 34;
const SERIES = [
  { key: 'backlog', title: 'backlog: jobs that wait or run', colour: '#c2410c', step: false },
  { key: 'replicas', title: 'replicas: pods that are ready', colour: '#1d4ed8', step: true },
  { key: 'done', title: 'done: datasets that are visible', colour: '#15803d', step: false },
] as const;

/** Three panels over one time axis, as an SVG. */
export function plot(title: string, points: readonly Point[]): string {
  const last = Math.max(1, points.at(-1)?.seconds ?? 1);
  const x = (seconds: number): number => LEFT + (seconds / last) * (WIDTH - LEFT - 20);
  const height = 40 + SERIES.length * (PANEL + GAP) + 20;
  const panels = SERIES.map(({ key, title: name, colour, step }, index) => {
    const top = 60 + index * (PANEL + GAP);
    const most = Math.max(1, ...points.map((point) => point[key]));
    const y = (value: number): number => top + PANEL - (value / most) * PANEL;
    const path = points.map((point, at) => {
      const to = `${x(point.seconds).toFixed(1)},${y(point[key]).toFixed(1)}`;
      if (at === 0) return `M${to}`;
      return step ? `H${x(point.seconds).toFixed(1)}V${y(point[key]).toFixed(1)}` : `L${to}`;
    });
    return `<text x="${LEFT}" y="${top - 8}" fill="${colour}">${name}</text>
<path d="M${LEFT},${top}V${top + PANEL}H${WIDTH - 20}" stroke="#94a3b8" fill="none"/>
<text x="${LEFT - 8}" y="${top + 5}" text-anchor="end">${most}</text>
<text x="${LEFT - 8}" y="${top + PANEL}" text-anchor="end">0</text>
<path d="${path.join('')}" stroke="${colour}" stroke-width="2" fill="none"/>`;
  });
  const ticks = Array.from({ length: 7 }, (_, at) => (last * at) / 6).map(
    (seconds) =>
      `<text x="${x(seconds).toFixed(1)}" y="${height - 8}" text-anchor="middle">${seconds.toFixed(0)} s</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}"
  font-family="sans-serif" font-size="13" fill="#334155">
<rect width="100%" height="100%" fill="#ffffff"/>
<text x="${LEFT}" y="24" font-size="16">${title}</text>
${panels.join('\n')}
${ticks.join('\n')}
</svg>
`;
}

/** Keeps a curve in docs/ where GEOSLUICE_TEST_KEEP_CURVES=1 asks for it: a run of the tests changes no file by itself. */
export async function keepCurve(name: string, title: string, points: readonly Point[]): Promise<void> {
  if (process.env.GEOSLUICE_TEST_KEEP_CURVES !== '1') return;
  const file = resolve(import.meta.dirname, '../../../docs/curves', `${name}.svg`);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, plot(title, points));
}
