import { z } from 'zod';
import type { RegistrationDocument } from '../document.ts';
import { GeonodeError } from '../errors.ts';
import type { Http } from '../http.ts';
import { read } from './catalogue.ts';
import { type Patience, taskDone } from './task.ts';

type Access = Pick<RegistrationDocument, 'permissions' | 'group' | 'dataset'>;

const groupSchema = z.looseObject({ id: z.int(), name: z.string(), permissions: z.string() });
const compactSchema = z.object({
  users: z.array(z.looseObject({})),
  organizations: z.array(groupSchema),
  groups: z.array(groupSchema),
});
const groupsSchema = z.object({
  group_profiles: z.array(
    z.object({ title: z.string(), slug: z.string(), group: z.looseObject({ pk: z.coerce.number() }) }),
  ),
});

const usersSchema = z.object({ users: z.array(z.object({ username: z.string() })) });

/** GeoNode's two groups for everybody; whoever is in neither sees what his own groups may. */
const EVERYBODY = ['anonymous', 'registered-members'];
const MAY = 'download';
const MAY_NOT = 'none';

/** One word for what was asked for, to tell whether it is asked for still. */
export function accessOf({ permissions, group }: Access): string {
  return `${permissions} ${group ?? ''}`;
}

/** For `updatelayers`: nobody but its owner, until `setAccess` says more. */
export const OWNER_ONLY = '{"users": {}, "groups": {}}';

/**
 * Says who may see and download a dataset, and waits until GeoNode says so too: it is a task of Celery's.
 * @throws GeonodeError GEONODE_REFUSED for a group that GeoNode does not know, GEONODE_TIMEOUT
 */
export async function setAccess(http: Http, pk: number, wanted: Access, patience: Patience): Promise<void> {
  const { signal } = patience;
  const path = `/api/v2/resources/${pk}/permissions`;
  const look = async () => read(await http.ask('GET', path, null, signal), compactSchema, [200]);
  const group = wanted.permissions === 'group' ? await groupOf(http, wanted, signal) : null;
  const before = await look();
  const everybody = wanted.permissions === 'public' ? MAY : MAY_NOT;
  const groups = before.groups.map((one) => (EVERYBODY.includes(one.name) ? { ...one, permissions: everybody } : one));
  const organizations = before.organizations.filter(({ id }) => id !== group);
  if (group !== null) organizations.push({ id: group, name: '', permissions: MAY });
  if (isAs(before, groups, group)) return;
  const answer = await http.ask('PUT', path, JSON.stringify({ users: before.users, organizations, groups }), signal);
  if (answer.status !== 200) throw answer.error();
  const isSet = async () => isAs(await look(), groups, group) || null;
  await taskDone(`setting the permissions of dataset ${pk}`, isSet, patience);
}

function isAs(
  { groups, organizations }: z.infer<typeof compactSchema>,
  wanted: ReadonlyArray<{ name: string; permissions: string }>,
  group: number | null,
): boolean {
  const everybody = EVERYBODY.every((name) => {
    const said = wanted.find((one) => one.name === name)?.permissions;
    return said === undefined || groups.find((one) => one.name === name)?.permissions === said;
  });
  return (
    everybody && (group === null || organizations.some(({ id, permissions }) => id === group && permissions === MAY))
  );
}

/** @throws GeonodeError GEONODE_REFUSED where there is no such user */
export async function checkOwner(
  http: Http,
  { owner, dataset }: RegistrationDocument,
  signal: AbortSignal,
): Promise<void> {
  if (owner === undefined) return;
  const query = new URLSearchParams({ 'filter{username}': owner, page_size: '1' });
  const answer = await http.ask('GET', `/api/v2/users/?${query}`, null, signal);
  if (read(answer, usersSchema, [200]).users.some(({ username }) => username === owner)) return;
  throw new GeonodeError('GEONODE_REFUSED', `GeoNode refuses the dataset: owner ${owner} is no user of it`, {
    ...{ subject: dataset, field: 'owner' },
  });
}

async function groupOf(http: Http, { group = '', dataset }: Access, signal: AbortSignal): Promise<number> {
  const query = new URLSearchParams({ 'filter{slug}': group, page_size: '1' });
  const byTitle = new URLSearchParams({ 'filter{title}': group, page_size: '1' });
  for (const asked of [query, byTitle]) {
    const answer = await http.ask('GET', `/api/v2/groups/?${asked}`, null, signal);
    const [first] = read(answer, groupsSchema, [200]).group_profiles;
    if (first !== undefined) return first.group.pk;
  }
  throw new GeonodeError(
    'GEONODE_REFUSED',
    `GeoNode refuses the dataset: group ${group || '(none)'} is no group of it`,
    {
      ...{ subject: dataset, field: 'group' },
    },
  );
}
