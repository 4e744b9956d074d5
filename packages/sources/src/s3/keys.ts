/** The one place where S3 keys are decoded. Everywhere else a key is the very string the bucket knows. */

/**
 * A key, prefix or delimiter of a listing. With `encoding-type=url` servers write form encoding (`+` is a space), and the
 * SDK leaves it as it is; a server that does not echo the encoding (versitygw) did not use it.
 */
export function decodeListedKey(text: string, encodingType: string | undefined): string {
  return encodingType === 'url' ? (decodeForm(text) ?? text) : text;
}

/** Form encoding undone; null where the text is not form-encoded UTF-8. */
export function decodeForm(text: string): string | null {
  // most keys are written as they are, and a listing has a million
  if (!text.includes('%') && !text.includes('+')) return text;
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return null;
  }
}

/** What no form encoder leaves as it is: a key with one of these is raw. */
export function isSurelyRaw(text: string): boolean {
  return !/^[\x21-\x7e]*$/.test(text);
}

/** ETags without their quotes, as fingerprints hold them; weak ones keep their `W/`. */
export function bareEtag(etag: string | undefined): string | undefined {
  if (etag === undefined || etag === '') return undefined;
  if (etag.startsWith('"')) return etag.endsWith('"') && etag.length > 1 ? etag.slice(1, -1) : etag;
  return etag.replace(/^(W\/)?"(.*)"$/s, '$1$2');
}

export function quotedEtag(etag: string): string {
  return `"${etag}"`;
}
