/** What the process that hosts a node uses: told by the host, shown by INFO and MEMORY, the measure of maxmemory. */

export interface ProcessFigures {
  /** Bytes of the heap and of buffers in use. Nodes of one process share them. */
  readonly usedMemoryBytes: number
  readonly residentBytes: number
  readonly systemMemoryBytes: number
  readonly cpuUserSeconds: number
  readonly cpuSystemSeconds: number
  /** `Linux 6.1.0 x86_64`. */
  readonly os: string
  /** The program's path. */
  readonly executable: string
}

export type ReadProcessFigures = () => ProcessFigures

/** A node without a process: the simulator, tests. */
export const NO_FIGURES: ProcessFigures = {
  usedMemoryBytes: 0,
  residentBytes: 0,
  systemMemoryBytes: 0,
  cpuUserSeconds: 0,
  cpuSystemSeconds: 0,
  os: '',
  executable: '',
}
