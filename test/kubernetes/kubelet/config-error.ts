/** A container's spec that cannot be followed as things are; it is tried again, as things may change. */
export class ConfigError extends Error {
  override name = 'ConfigError';
  /** As `kubectl get pods` shows it. */
  readonly reason: string;
  constructor(reason: string, message: string) {
    super(message);
    this.reason = reason;
  }
}
