// Where the predictor's memory holds what (AssemblyScript). What engine.ts says of it is said here again, since a kernel imports nothing of the host's.

export const HASH: usize = 0x1000; // i32 per context
export const SELECT: usize = 0x1100; // i32 per weight set: its row; the first two are chosen here
export const REFINE: usize = 0x1140;
export const DOTS: usize = 0x1180; // f32 per weight set
export const MATCH: usize = 0x1200; // 32 bytes per repeat: at, length, bucket, decisions of the expected byte, hash, least length, where its places are
export const BASE: usize = 0x1400; // i32 per context, and so on: the bucket of this nibble
export const CHECK: usize = 0x1500; // what the bucket of the byte says if it is there
export const SLOT: usize = 0x1600;
export const HOME: usize = 0x1700; // the bucket of the byte's first decision
export const PLACE: usize = 0x1800; // i32 per input that is a probability: where that stands
export const INPUTS: usize = 0x2000; // f32[8][256]: what each bit of a byte was predicted from
export const STRETCH: usize = 0x4000; // f32[4096]
export const SQUASH: usize = 0x8000; // f32[4096]
export const TOP: usize = 0xc000; // f32[256][16]: weights of the sets' opinions
export const CODE: usize = 0x10000; // u16 per byte: its decisions from the top one at bit 7 on, and above them whether it is another than `sole`
export const SYMBOL: usize = 0x10200; // u16[512]: of a node of the tree where a byte ends that byte and 256, else 0
export const COUNT_P: usize = 0x20000; // u32 per context, zeros and ones
export const REFINE_A: usize = 0x100000; // f32[16384][16], so that a context is one cache line
export const REFINE_B: usize = 0x200000;
export const EXPERT: usize = 2400000; // f32[256] an expert: what it says of each decision, in log-odds
export const QUIET_P: usize = 0x2ef000; // u32[4096] per context of a quiet byte, four
export const QUIET_W: usize = 0x1170; // f32 per such context, four
export const REPEAT_P: usize = 0x2ff000; // u32 per expected bit, repeat and length
export const PAST_P: usize = 0x300000; // u32 per context, last bits and decision
export const DATA: usize = 7400000;
