const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** The text of the first element of that name in one of S3's small documents; null where there is none. */
export function textIn(document: string, element: string): string | null {
  const found = new RegExp(`<${element}>([^<]{1,1000})</${element}>`).exec(document)?.[1];
  return found?.replaceAll(/&(amp|lt|gt|quot|apos);/g, (_, name: string) => ENTITIES[name] ?? '') ?? null;
}

/** Text as it stands in an element. */
export function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
