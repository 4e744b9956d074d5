export type { Difference, Finding, Place, Repair, Report } from './finding.ts';
export type { FileState, NodeStore, ReconcilePorts, Registered } from './ports.ts';
export { type ReconcileOptions, reconcile, type Summary } from './reconcile.ts';
