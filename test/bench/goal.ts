/** One thing that must hold, with what was measured. */
export interface Goal {
  where: string;
  what: string;
  /** Not more than `bound`, or not less where `atLeast`. */
  figure: number;
  bound: number;
  atLeast?: boolean;
}

export function holds({ figure, bound, atLeast = false }: Goal): boolean {
  return atLeast ? figure >= bound : figure <= bound;
}

/** Of a bench: 1 where any goal falls short. */
export function exitCodeOf(goals: readonly Goal[]): 0 | 1 {
  return goals.every(holds) ? 0 : 1;
}
