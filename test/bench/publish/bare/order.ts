/** One layer, as bare requests to paths below a node's url. */
export interface BareLayer {
  store: { path: string; body: string };
  coverage: { path: string; body: string };
  /** Path and query of its map. */
  map: string;
}

/** What the bare program is to do. */
export interface BareOrder {
  /** Urls of the nodes, the primary first. */
  nodes: string[];
  user: string;
  password: string;
  layers: BareLayer[];
  /** Layers whose two writes are under way at once. */
  inFlight: number;
  /** Milliseconds before a node that has no map yet is asked again. */
  againMs: number;
}

/** What it says of itself. */
export interface BareResult {
  /** Seconds from the first request to the last map. */
  seconds: number;
  /** Milliseconds of each layer, from its first request to its map on every node. */
  layers: number[];
}
