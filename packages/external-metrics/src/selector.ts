/** Whether labels are what a selector asks for. */
export type Selector = (labels: Readonly<Record<string, string>>) => boolean;

const KEY = '(?:[A-Za-z0-9.-]{1,253}/)?[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?';
const VALUE = '(?:[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?';
const EQUAL = new RegExp(`^(${KEY})\\s*(==?|!=)\\s*(${VALUE})$`);
const AMONG = new RegExp(`^(${KEY})\\s+(in|notin)\\s*\\(([^()]*)\\)$`);
const EXISTS = new RegExp(`^(!?)\\s*(${KEY})$`);
const WHOLE_VALUE = new RegExp(`^${VALUE}$`);

/**
 * Reads a label selector as Kubernetes writes them: `a=b,c!=d,e in (f,g),h notin (i),j,!k`; an empty one takes everything.
 * @returns null where it is none
 */
export function parseSelector(text: string): Selector | null {
  // commas between parentheses part values, not requirements
  const parts = text
    .split(/,(?![^()]*\))/)
    .map((part) => part.trim())
    .filter((part, _, all) => part !== '' || all.length > 1);
  const requirements = parts.map(parseRequirement);
  if (requirements.some((requirement) => requirement === null)) return null;
  return (labels) => requirements.every((requirement) => requirement?.(labels) === true);
}

function parseRequirement(text: string): Selector | null {
  const [, equalKey = '', operator, value] = EQUAL.exec(text) ?? [];
  if (operator !== undefined) return (labels) => (labels[equalKey] === value) === (operator !== '!=');
  const [, amongKey = '', among, list = ''] = AMONG.exec(text) ?? [];
  if (among !== undefined) {
    const values = list.split(',').map((each) => each.trim());
    if (!values.every((each) => WHOLE_VALUE.test(each))) return null;
    return (labels) => {
      const own = labels[amongKey];
      return (own !== undefined && values.includes(own)) === (among === 'in');
    };
  }
  const [, not, existsKey = ''] = EXISTS.exec(text) ?? [];
  return not === undefined ? null : (labels) => Object.hasOwn(labels, existsKey) === (not === '');
}
