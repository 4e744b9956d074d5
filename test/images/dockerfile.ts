/** One instruction of a Dockerfile, its continued lines joined. */
export interface Instruction {
  keyword: string;
  value: string;
}

/** A Dockerfile's global arguments and its stages. */
export interface Dockerfile {
  globals: ReadonlyMap<string, string>;
  stages: Array<{ name: string; from: string; instructions: Instruction[] }>;
}

export function readDockerfile(text: string): Dockerfile {
  const joined = text
    .split('\n')
    .filter((line) => !/^\s*#/.test(line))
    .join('\n')
    .replace(/\\\n/g, ' ');
  const globals = new Map<string, string>();
  const stages: Dockerfile['stages'] = [];
  for (const line of joined.split('\n')) {
    const [, keyword = '', value = ''] = /^([A-Z]+)\s+(.*)$/.exec(line.trim()) ?? [];
    if (keyword === '') continue;
    if (keyword === 'FROM') {
      const [from = '', , name = ''] = value.split(/\s+/);
      stages.push({ name, from, instructions: [] });
      continue;
    }
    const stage = stages.at(-1);
    if (stage !== undefined) stage.instructions.push({ keyword, value });
    else if (keyword === 'ARG') globals.set(value.split('=')[0] ?? '', value.slice(value.indexOf('=') + 1));
  }
  return { globals, stages };
}
