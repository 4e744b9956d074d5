/** Whether an Authorization header is that of an administrator. */
export type Login = (authorization: string) => boolean;

/** A login of one user. */
export function basicLogin(user: string, password: string): Login {
  const wanted = `Basic ${Buffer.from(`${user}:${password}`, 'utf8').toString('base64')}`;
  return (authorization) => authorization === wanted;
}

/** The name in a Basic login. */
export function userOf(authorization: string): string {
  if (!authorization.startsWith('Basic ')) return '';
  return Buffer.from(authorization.slice(6), 'base64').toString('utf8').split(':')[0] ?? '';
}
