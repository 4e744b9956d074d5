const CLEAR = 256;
const END = 257;
const FIRST = 258;
const LAST = 4093;

/** TIFF's LZW (MSB first, codes widen one early). */
export function lzwEncode(input: Uint8Array): Uint8Array {
  const out: number[] = [];
  let pending = 0;
  let held = 0;
  let width = 9;
  let next = FIRST;
  let table = new Map<number, number>();
  const put = (code: number) => {
    pending = (pending << width) | code;
    held += width;
    while (held >= 8) {
      held -= 8;
      out.push((pending >> held) & 255);
      pending &= (1 << held) - 1;
    }
  };
  put(CLEAR);
  let prefix = -1;
  for (const byte of input) {
    if (prefix < 0) {
      prefix = byte;
      continue;
    }
    const known = table.get(prefix * 256 + byte);
    if (known !== undefined) {
      prefix = known;
      continue;
    }
    put(prefix);
    table.set(prefix * 256 + byte, next);
    next += 1;
    if (next > LAST) {
      put(CLEAR);
      table = new Map();
      width = 9;
      next = FIRST;
    } else if (next === 1 << width) width += 1;
    prefix = byte;
  }
  if (prefix >= 0) {
    put(prefix);
    next += 1;
    if (next === 1 << width && width < 12) width += 1;
  }
  put(END);
  if (held > 0) out.push((pending << (8 - held)) & 255);
  return Uint8Array.from(out);
}

/** @throws Error where the stream is damaged or gives more than `length` bytes */
export function lzwDecode(input: Uint8Array, length: number): Uint8Array {
  const out = new Uint8Array(length);
  const starts = new Int32Array(4097);
  const lengths = new Int32Array(4097);
  let at = 0;
  let width = 9;
  let next = FIRST;
  let pending = 0;
  let held = 0;
  let previousStart = -1;
  let previousLength = 0;
  for (let index = 0; index < input.length && at < length; ) {
    while (held < width && index < input.length) {
      pending = ((pending << 8) | (input[index] ?? 0)) & 0xffffff;
      index += 1;
      held += 8;
    }
    if (held < width) break;
    held -= width;
    const code = (pending >> held) & ((1 << width) - 1);
    if (code === END) break;
    if (code === CLEAR) {
      width = 9;
      next = FIRST;
      previousStart = -1;
      continue;
    }
    const begin = at;
    if (code < 256) {
      out[at] = code;
      at += 1;
    } else if (code < next || (code === next && previousStart >= 0)) {
      // A new entry is the previous string and one byte more: both lie one behind the other in the output.
      const from = code < next ? (starts[code] ?? 0) : previousStart;
      const size = code < next ? (lengths[code] ?? 0) : previousLength + 1;
      for (let step = 0; step < size && at < length; step += 1) {
        out[at] = out[from + step] ?? 0;
        at += 1;
      }
    } else throw new Error(`LZW code ${code} is not in the table`);
    if (previousStart >= 0 && next <= 4096) {
      starts[next] = previousStart;
      lengths[next] = previousLength + 1;
      next += 1;
      if (next >= (1 << width) - 1 && width < 12) width += 1;
    }
    previousStart = begin;
    previousLength = at - begin;
  }
  if (at < length) throw new Error(`LZW stream gives ${at} of ${length} bytes`);
  return out;
}
