import { goProgram } from '../../counterparts/packages.ts';

/** The path of kube-score, built once. */
export function kubeScore(): Promise<string> {
  return goProgram('github.com/zegl/kube-score/cmd/kube-score', '1.20.0', [1, 22]);
}
