/** How much is measured: sizes of the three modes. */

/** Bounds of a run. */
export interface Mode {
  readonly name: 'smoke' | 'default' | 'long';
  readonly concurrencies: readonly number[];
  readonly rounds: number;
  /** Milliseconds of one cell: one case at one concurrency in one round. */
  readonly cellMs: number;
  /** Workflows run before anything is measured: start-dev is quicker for its first dispatches than ever after. */
  readonly burnIn: number;
  /** Operations looked at one by one for their counts and steps. */
  readonly samples: number;
  /** Stored keys at which the cost of an operation is compared. */
  readonly growth: readonly [number, number];
  /** Operations over which memory is watched. */
  readonly memoryOperations: number;
  readonly revocationRounds: number;
  readonly startRounds: number;
  /** Of the suite `gateway`, which counts in requests of a millisecond or two. */
  readonly gateway: {
    readonly concurrencies: readonly number[];
    readonly rounds: number;
    readonly cellMs: number;
    /** Rest after a cell, in which what goes on behind the answers comes to its end; it is counted with the cell. */
    readonly restMs: number;
    /** For each kind of call and gateway: thousands of calls run before the compiler has done its best for any. */
    readonly warmUpMs: number;
  };
}

export const MODES = {
  smoke: {
    name: 'smoke',
    concurrencies: [1, 8],
    rounds: 1,
    cellMs: 150,
    burnIn: 10,
    samples: 5,
    growth: [50, 200],
    memoryOperations: 50,
    revocationRounds: 1,
    startRounds: 1,
    gateway: { concurrencies: [1, 8], rounds: 1, cellMs: 120, restMs: 120, warmUpMs: 100 },
  },
  default: {
    name: 'default',
    concurrencies: [1, 8, 32],
    rounds: 5,
    cellMs: 700,
    burnIn: 25,
    samples: 40,
    growth: [100, 10_000],
    memoryOperations: 2_000,
    revocationRounds: 5,
    startRounds: 3,
    gateway: { concurrencies: [1, 32], rounds: 5, cellMs: 1_000, restMs: 250, warmUpMs: 7_000 },
  },
  long: {
    name: 'long',
    concurrencies: [1, 8, 32],
    rounds: 12,
    cellMs: 3_000,
    burnIn: 25,
    samples: 200,
    growth: [100, 10_000],
    memoryOperations: 10_000,
    revocationRounds: 20,
    startRounds: 5,
    gateway: { concurrencies: [1, 32], rounds: 12, cellMs: 3_000, restMs: 250, warmUpMs: 10_000 },
  },
} as const satisfies Record<string, Mode>;
