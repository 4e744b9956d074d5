/** List jobs that a discover worker has run, by its own metrics. @param url where it tells them */
export async function listingsIn(url: string, signal: AbortSignal): Promise<number> {
  const answer = await fetch(`${url}/metrics`, { signal });
  if (!answer.ok) throw new Error(`${url}/metrics answers ${answer.status}`);
  return listingsOf(await answer.text());
}

const RUNS = /^geosluice_run_seconds_count\{([^}]*)\} (\d+)/gm;

/** @param metrics in Prometheus's text format */
export function listingsOf(metrics: string): number {
  for (const [, labels = '', count] of metrics.matchAll(RUNS)) {
    if (labels.includes('stage="discover"') && labels.includes('kind="list"')) return Number(count);
  }
  return 0;
}
