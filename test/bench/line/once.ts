/** Of each place that a dataset must be in exactly once, what is there. */
export interface Places {
  /** Uris that the ledger calls visible. */
  ledger: readonly string[];
  /** Names of layers, and those of the ledger. */
  layers: readonly string[];
  registered: readonly string[];
  names: readonly string[];
  /** Keys of rasters in the target bucket, and those of the ledger. */
  objects: readonly string[];
  keys: readonly string[];
}

export interface Faults {
  /** What is missing in a place, all places together. */
  lost: number;
  /** What is in a place twice, or should not be there. */
  doubled: number;
}

/** @param dropped uris of all rasters that were dropped */
export function faultsIn(dropped: readonly string[], places: Places): Faults {
  const each = [
    compared(dropped, places.ledger),
    compared(places.names, places.layers),
    compared(places.names, places.registered),
    compared(places.keys, places.objects),
    // two datasets of one name would be one layer
    { lost: 0, doubled: places.names.length - new Set(places.names).size },
  ];
  return each.reduce((sum, one) => ({ lost: sum.lost + one.lost, doubled: sum.doubled + one.doubled }));
}

function compared(expected: readonly string[], found: readonly string[]): Faults {
  const [wanted, there] = [new Set(expected), new Set(found)];
  return {
    lost: [...wanted].filter((one) => !there.has(one)).length,
    doubled: found.length - there.size + [...there].filter((one) => !wanted.has(one)).length,
  };
}
