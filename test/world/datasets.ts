import type { Dataset, GatewayClient } from '@geosluice/gateway-api';
import type { DatasetState } from '@geosluice/jobs';

const PAGE = 200;
const PAGE_MS = 10_000;

/** Every dataset that the gateway knows of, page by page. */
export async function allDatasets(
  gateway: Pick<GatewayClient, 'datasets'>,
  query: { state?: DatasetState; ingestion?: string } = {},
): Promise<Dataset[]> {
  const all: Dataset[] = [];
  for (let cursor: string | undefined; ; ) {
    const asked = { ...query, limit: PAGE, ...(cursor === undefined ? {} : { cursor }) };
    const page = await gateway.datasets(asked, AbortSignal.timeout(PAGE_MS));
    all.push(...page.datasets);
    if (page.cursor === null) return all;
    cursor = page.cursor;
  }
}
