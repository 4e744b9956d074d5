import { kubeScore } from '../test/charts/shared/kube-score.ts';
import { controlPlaneBinary } from '../test/kubernetes/control-plane-binary.ts';

/** What a suite needs that takes minutes of compiling on a new machine; each is kept in the cache. */
const PREPARATIONS: Record<string, readonly (() => Promise<unknown>)[]> = {
  kubernetes: [controlPlaneBinary, kubeScore],
};

export interface Preparations {
  /** Waits for what a suite needs. One that failed is told here; the tests that need it try again, and fail by it. */
  waitFor(suite: string): Promise<void>;
}

/** Begins everything these suites need, one after the other, beside whatever else runs. */
export function beginPreparations(suites: readonly string[]): Preparations {
  const running = new Map<string, Promise<void>>();
  let last = Promise.resolve();
  for (const suite of suites) {
    for (const prepare of PREPARATIONS[suite] ?? []) {
      last = last.then(prepare).then(
        () => {},
        (error: unknown) => void process.stderr.write(`preparing ${suite}: ${error}\n`),
      );
    }
    running.set(suite, last);
  }
  return {
    waitFor: async (suite) => {
      const begun = performance.now();
      await running.get(suite);
      const seconds = (performance.now() - begun) / 1000;
      if (seconds > 1) process.stdout.write(`── waited ${seconds.toFixed(0)} s for what ${suite} needs\n`);
    },
  };
}
