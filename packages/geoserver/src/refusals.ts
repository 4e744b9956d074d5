import type { ReasonCode } from '@geosluice/jobs';
import { GeoServerError, type RetryCode } from './errors.ts';
import type { Answer } from './http.ts';

export interface Refusal {
  code: RetryCode | ReasonCode;
  /** True where every dataset would meet it. */
  down: boolean;
}

/**
 * Sentences are a hint (they differ between versions); a 5xx that none of them explains is retried.
 * Source: the exchanges 12-*, 22-*, 23-*, 24-*, 33-*, 34-*, 70-* of the recorded contract.
 */
const SENTENCES: ReadonlyArray<readonly [RegExp, Refusal]> = [
  [/does not contains? value for/i, { code: 'GEOSERVER_S3', down: true }],
  [/Could not find the raster plugin|Failed to create reader from/i, { code: 'GEOSERVER_PLUGIN', down: true }],
  [
    /Status Code: 403|AmazonS3Exception: Forbidden|Access ?Denied|InvalidAccessKeyId|SignatureDoesNotMatch/i,
    { code: 'GEOSERVER_S3', down: true },
  ],
  [/Status Code: 404|AmazonS3Exception: Not Found|NoSuchKey|NoSuchBucket/i, { code: 'GEOSERVER_OBJECT', down: false }],
  [
    /Unable to execute HTTP request|SdkClientException|Connection refused|Status Code: 5\d\d/i,
    { code: 'GEOSERVER_S3', down: true },
  ],
  [/Raster to Model Transformation is not available/i, { code: 'NO_GEOREFERENCE', down: false }],
  [/srs seems to be mis-configured|NoSuchAuthorityCode/i, { code: 'CRS_UNKNOWN', down: false }],
  [/DataSourceException|coverageName .* ?not supported/i, { code: 'GEOSERVER_REFUSED', down: false }],
];

/** What a status that is no success means, once a look has shown that the thing asked for is not there. */
export function decideRefusal(status: number, sentence: string): Refusal {
  if (status === 401 || status === 403) return { code: 'GEOSERVER_UNAUTHORIZED', down: true };
  // 404 for the whole application: a servlet container that has not finished starting
  if (status === 404 || status === 408 || status === 429) return { code: 'GEOSERVER_DOWN', down: true };
  if (status === 502 || status === 503 || status === 504) return { code: 'GEOSERVER_DOWN', down: true };
  if (status >= 400 && status < 500) return { code: 'GEOSERVER_REFUSED', down: false };
  const known = SENTENCES.find(([pattern]) => pattern.test(sentence));
  return known?.[1] ?? { code: 'GEOSERVER_ERROR', down: false };
}

/** What a person should read of an answer: one line, 300 characters, no markup. */
export function sentenceOf(answer: Pick<Answer, 'type' | 'text'>): string {
  const plain = answer.type === 'text/html' ? (/<title>([^<]*)<\/title>/i.exec(answer.text)?.[1] ?? '') : answer.text;
  const line = plain.replace(/\s+/g, ' ').trim();
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}

export function refusalError(what: string, answer: Answer, layer?: string): GeoServerError {
  const sentence = sentenceOf(answer);
  const { code, down } = decideRefusal(answer.status, sentence);
  const said = sentence === '' ? `HTTP ${answer.status}` : `HTTP ${answer.status}: ${sentence}`;
  return new GeoServerError(code, `GeoServer did not ${what} (${said})`, {
    layer,
    node: answer.node,
    status: answer.status,
    down,
    retryAfterMs: answer.retryAfterMs,
  });
}
