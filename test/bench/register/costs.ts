import { type Spread, spreadOf } from '../statistics.ts';
import { type Turn, WAYS, type Way } from './turn.ts';

/** What a dataset costs by one way at one size, over all rounds. */
export interface Cost {
  size: number;
  way: Way;
  /** CPU seconds a dataset, of Django and PostgreSQL together. */
  cpu: Spread;
  django: Spread;
  postgres: Spread;
  /** Seconds a dataset, one after the other. */
  wall: Spread;
  /** Requests to GeoServer a dataset. */
  calls: Spread;
}

export function costsOf(turns: readonly Turn[]): Cost[] {
  const sizes = [...new Set(turns.map(({ size }) => size))];
  return sizes.flatMap((size) =>
    WAYS.flatMap((way): Cost[] => {
      const mine = turns.filter((turn) => turn.size === size && turn.way === way);
      if (mine.length === 0) return [];
      const each = (of: (turn: Turn) => number): Spread => spreadOf(mine.map((turn) => of(turn) / turn.count));
      return [
        {
          ...{ size, way },
          cpu: each(({ django, postgres }) => django + postgres),
          django: each(({ django }) => django),
          postgres: each(({ postgres }) => postgres),
          wall: each(({ wall }) => wall),
          calls: each(({ requests }) => requests.length),
        },
      ];
    }),
  );
}
