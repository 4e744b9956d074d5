import { PipelineError } from './error.ts';
import type { Client } from './redis.ts';
import { runScript, type Script, script } from './script.ts';

/** So many calls go into one script at most: while it runs, Redis does nothing else. */
const MOST = 8;
/** What stands in the answer of one call that failed, before its message. */
const FAILED = '!failed';

interface Asked {
  args: ReadonlyArray<string | number>;
  resolve(answer: unknown): void;
  reject(error: unknown): void;
}

const waiting = new WeakMap<Client, Map<Script, Asked[]>>();

/**
 * A script that runs a piece of Lua for each of several calls. It takes the root of the keys as KEYS[1]; `A` is the list of
 * arguments of one call, and the piece returns its answer. `last` runs once, after all calls.
 */
export function scriptOfMany(prelude: string, lua: string, last = ''): Script {
  return script(`${prelude}
local function each(A) ${lua} end
local answers = {}
local at = 1
while at <= #ARGV do
  local count = ARGV[at]
  local well, answer = pcall(each, {unpack(ARGV, at + 1, at + count)})
  if not well then
    local why = type(answer) == 'table' and answer.err or tostring(answer)
    -- said of the whole server: by it the client knows that its primary is another one now
    if why:find('READONLY', 1, true) then return redis.error_reply(why) end
    -- any other leaves the calls beside it be
    answer = {'${FAILED}', why}
  end
  answers[#answers + 1] = answer or false
  at = at + count + 1
end
${last}
return answers
`);
}

/**
 * Asks a script of many. What is asked of it in one turn of the event loop goes out as one command: to parse, start
 * and answer a script is work for Redis besides what it does.
 */
export function runTogether(
  redis: Client,
  script: Script,
  root: string,
  args: ReadonlyArray<string | number>,
): Promise<unknown> {
  let scripts = waiting.get(redis);
  if (scripts === undefined) {
    scripts = new Map();
    waiting.set(redis, scripts);
  }
  let calls = scripts.get(script);
  if (calls === undefined) {
    calls = [];
    scripts.set(script, calls);
  }
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  calls.push({ args, resolve, reject });
  const send = (): void => {
    const taken = scripts.get(script) ?? [];
    scripts.delete(script);
    void sendAll(redis, script, root, taken);
  };
  if (calls.length === 1) setImmediate(() => scripts.get(script) === calls && send());
  if (calls.length === MOST) send();
  return promise;
}

async function sendAll(redis: Client, script: Script, root: string, calls: readonly Asked[]): Promise<void> {
  try {
    const flat = calls.flatMap(({ args }) => [args.length, ...args]);
    const answers = (await runScript(redis, script, [root], flat)) as unknown[];
    for (const [at, { resolve, reject }] of calls.entries()) {
      const answer = answers[at];
      if (Array.isArray(answer) && answer[0] === FAILED) {
        reject(new PipelineError('REDIS_REFUSED', `Redis refused a command: ${answer[1]}`));
      } else resolve(answer);
    }
  } catch (error) {
    for (const { reject } of calls) reject(error);
  }
}
