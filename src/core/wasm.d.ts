/** An AssemblyScript file, compiled while bundling: the bytes of its WebAssembly module. */
declare module '*?wasm' {
  const bytes: Uint8Array<ArrayBuffer>;
  export default bytes;
}
