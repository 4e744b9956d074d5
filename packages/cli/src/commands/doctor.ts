import { EXIT } from '../exit-codes.ts';
import type { Output } from '../output.ts';
import type { CheckResult, CliPorts } from '../ports.ts';

/** Tries every counterpart and says what to do about those that do not answer as they should. */
export async function doctor(ports: CliPorts, output: Output, signal: AbortSignal): Promise<number> {
  const results: CheckResult[] = [];
  for await (const result of ports.doctor(signal)) {
    results.push(result);
    if (output.json) continue;
    const mark = result.ok ? output.paint('green', '✔') : output.paint('red', '✖');
    output.line(`${mark} ${result.counterpart.padEnd(18)} ${result.found}`);
    if (!result.ok && result.advice !== undefined) output.line(`  → ${result.advice}`);
  }
  if (output.json) output.result(results, () => '');
  return results.every(({ ok }) => ok) ? EXIT.ok : EXIT.refused;
}
