/** A number as Kubernetes writes quantities: whole, or in thousandths rounded up, so that little is never nothing. */
export function quantityOf(value: number): string {
  if (!Number.isFinite(value)) throw new RangeError('a quantity is a finite number');
  if (Number.isInteger(value)) return BigInt(value).toString();
  const thousandths = Math.ceil(value * 1_000);
  return thousandths % 1_000 === 0 ? `${thousandths / 1_000}` : `${thousandths}m`;
}
