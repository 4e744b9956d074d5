import type { Place } from '@geosluice/jobs';

/** As Redis keeps it. A workspace has no colon in its name. */
export function formatPlace({ workspace, name }: Place): string {
  return `${workspace}:${name}`;
}

export function readPlace(text: string): Place {
  const [workspace = '', name = ''] = text.split(':');
  return { workspace, name };
}
