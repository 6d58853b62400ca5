// SPDX-License-Identifier: Apache-2.0
// A chip for made-up reports, of the size and order of groq1.

const EDGE_HOPS = 19;

export const OPCODES = [
  ["Read", "vector at `address` onto a stream", 1, 1],
  ["Write", "vector on a stream into `address`", 1, 1],
  ["Gather", "per-superlane read at `address` + map", 1, 1],
  ["Mul.F32", "z = a * b", 3, 1],
  ["Add.F32", "z = a + b", 3, 1],
  ["Cvt.F32.F16", "fp32 to fp16, half to even, saturating", 3, 1],
  ["LW.F16", "16 streams: 8 fp16 weight rows into the buffers of a plane pair", 5, 1],
  ["IW.F16", "buffers of a plane pair into the arrays, `rows` rows", 3, 1],
  ["ABC.F16.Wide", "fp16 activations, K up to all lanes in two beats", 14, 2],
  ["ACC.F32", "fp32 result set or added to accumulator `slot`, emitted where asked", 34, 1],
  ["Shift.North", "lane l takes lane l - `amount`, zero below", 2, 1],
].map(([mnemonic, meaning, result, busy]) => ({ mnemonic, meaning, result, busy }));

export function opcode(mnemonic) {
  return OPCODES.findIndex((one) => one.mnemonic === mnemonic);
}

function edgeQueues(hemisphere, position) {
  const letter = hemisphere[0];
  const queues = [];
  const add = (path, unit, index) => queues.push({ path, unit, hemisphere, index, position });
  for (let plane = 0; plane < 2; ++plane) {
    for (const part of ["weights", "activations", "accumulate"])
      add(`mxm_${letter}.plane_${plane}.${part}`, `mxm_${part}`, plane);
  }
  add(`sxm_${letter}.permute`, "sxm_permute", 0);
  add(`sxm_${letter}.shift`, "sxm_shift", 0);
  for (let i = 0; i < 2; ++i) add(`sxm_${letter}.distribute_${i}`, "sxm_distribute", i);
  for (let i = 0; i < 2; ++i) add(`sxm_${letter}.transpose_${i}`, "sxm_transpose", i);
  for (let i = 0; i < 8; ++i) add(`c2c_${letter}.port_${i}`, "c2c", i);
  return queues;
}

export function slicePosition(hemisphere, slice) {
  const hops = 4 + Math.floor(slice / 4);
  return hemisphere === "west" ? EDGE_HOPS - hops : EDGE_HOPS + hops;
}

function sampleQueues() {
  const queues = [];
  for (const hemisphere of ["west", "east"]) {
    for (let slice = 0; slice < 44; ++slice) {
      const path = `mem_${hemisphere[0]}.slice_${slice}`;
      queues.push({
        path,
        unit: "mem",
        hemisphere,
        index: slice,
        position: slicePosition(hemisphere, slice),
      });
    }
  }
  for (let alu = 0; alu < 16; ++alu)
    queues.push({
      path: `vxm.alu_${alu}`,
      unit: "vxm",
      hemisphere: "west",
      index: alu,
      position: EDGE_HOPS,
    });
  return [...queues, ...edgeQueues("west", 0), ...edgeQueues("east", 2 * EDGE_HOPS)];
}

export function sampleChip() {
  return {
    name: "groq1",
    clockHz: 900e6,
    superlanes: 20,
    lanesPerSuperlane: 16,
    streams: 32,
    memSlices: 44,
    banks: 2,
    wordsPerBank: 4096,
    slicesPerHop: 4,
    mxmPlanes: 2,
    vxmAlus: 16,
    sxmDistributors: 4,
    sxmTransposers: 2,
    accumulators: 2,
    positions: 2 * EDGE_HOPS + 1,
    vxmPosition: EDGE_HOPS,
    westEdge: 0,
    eastEdge: 2 * EDGE_HOPS,
    queues: sampleQueues(),
  };
}
