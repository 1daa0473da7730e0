// An arithmetic coder (32-bit interval, 16-bit probabilities, no carries), beside the model that
// it serves: a bit costs no call of the host.

let reading = false;
/** The interval: both ends belong to it. */
let low: u32 = 0;
let high: u32 = 0xffffffff;
/** While reading: the four bytes of the stream that the interval lies around. */
let code: u32 = 0;

let stream: usize = 0;
let capacity = 0;
/** Next byte to write or read. */
let position = 0;
let spent: f64 = 0;

/** Makes room for a stream, `length` bytes at first, and gives its address. */
export function room(length: i32): usize {
  capacity = length;
  return (stream = heap.alloc(length));
}

/** From here on reads what the host has put there. */
export function read(): void {
  reading = true;
  for (let i = 0; i < 4; i++) code = (code << 8) | nextByte();
}

export function isReading(): bool {
  return reading;
}

/** Ends a stream that was written: the shortest number of bytes after which any continuation stays inside the interval. */
export function finish(): i32 {
  for (let size = 1; size <= 4; size++) {
    const unit: u64 = (<u64>1) << (32 - 8 * size);
    const value = ((<u64>low + unit - 1) / unit) * unit;
    if (value + unit - 1 > <u64>high) continue;
    for (let i = 0; i < size; i++) put(<u32>(value >> (24 - 8 * i)));
    break;
  }
  return position;
}

/** Where the bytes are that were written. */
export function written(): usize {
  return stream;
}

/** What the bits so far cost, in bits; 0 while reading. */
export function cost(): f64 {
  return spent;
}

/** Writes the bit that it is given, or ignores it and gives the one that it reads; `p1` is the probability of a one in 1/65536. */
// @inline
export function codeBit(value: i32, p1: i32): i32 {
  const range = high - low;
  const middle = low + (range >>> 16) * p1 + (((range & 0xffff) * p1) >>> 16);
  const bit = reading ? i32(code <= middle) : value;
  if (bit) high = middle;
  else low = middle + 1;
  if (((low ^ high) & 0xff000000) === 0) shift();
  if (!reading) spent += unchecked(information[(bit ? p1 : 65536 - p1) >>> informationShift]);
  return bit;
}

/** Moves the bytes out of the interval that both ends agree on. */
function shift(): void {
  do {
    if (reading) code = (code << 8) | nextByte();
    else put(high >>> 24);
    low <<= 8;
    high = (high << 8) | 255;
  } while (((low ^ high) & 0xff000000) === 0);
}

/** Whatever follows the stream does not disturb it. */
function nextByte(): u32 {
  const at = position++;
  return at < capacity ? load<u8>(stream + at) : 0;
}

function put(byte: u32): void {
  if (position === capacity) {
    const larger = heap.alloc(2 * capacity);
    memory.copy(larger, stream, capacity);
    stream = larger;
    capacity *= 2;
  }
  store<u8>(stream + position++, byte);
}

/** Probabilities are told apart in 4096 steps here: a table that stays in the cache. */
const informationShift = 4;

/** -log2 of the middle of each step, by repeated squaring: the ledger's shares are part of the file, so they may not differ between engines. */
const information = new StaticArray<f64>(65536 >> informationShift);
for (let step = 0; step < information.length; step++) {
  let bits: f64 = 16 - informationShift;
  let mantissa: f64 = <f64>step + 0.5;
  for (; mantissa < 1; mantissa *= 2) bits++;
  for (; mantissa >= 2; mantissa /= 2) bits--;
  for (let unit: f64 = 0.5; unit > 1e-4; unit /= 2) {
    mantissa *= mantissa;
    if (mantissa >= 2) {
      mantissa /= 2;
      bits -= unit;
    }
  }
  unchecked((information[step] = bits));
}
