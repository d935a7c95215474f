/** What every suite hands over: rows for the table and for `--json`. */

/** One measured case. Null where a column says nothing about it. */
export interface Row {
  readonly suite: string;
  readonly case: string;
  readonly concurrency: number | null;
  /** Milliseconds, median of the rounds. */
  readonly p50_ms: number | null;
  readonly p95_ms: number | null;
  readonly per_second: number | null;
  /** p50 in milliseconds of the bare work, measured in the same rounds. */
  readonly floor: number | null;
  /** p50 over its floor: median of the rounds' own ratios. */
  readonly ratio: number | null;
  /** Counts and sizes that are no times; each name carries its unit. */
  readonly figures?: Readonly<Record<string, number>>;
}

/** A row; what is not given is null. Four digits are more than any of it is worth. */
export function row(given: Pick<Row, 'suite' | 'case'> & Partial<Row>): Row {
  return {
    suite: given.suite,
    case: given.case,
    concurrency: given.concurrency ?? null,
    p50_ms: rounded(given.p50_ms),
    p95_ms: rounded(given.p95_ms),
    per_second: rounded(given.per_second),
    floor: rounded(given.floor),
    ratio: rounded(given.ratio),
    ...(given.figures && { figures: roundAll(given.figures) }),
  };
}

/** Prints one suite's rows. */
export function printRows(rows: readonly Row[]): void {
  const [first] = rows;
  if (first === undefined) return;
  console.log(`\n${first.suite}`);
  console.table(
    rows.map(({ suite: _suite, figures, ...columns }) => {
      const said = Object.entries(columns).filter(([name]) =>
        rows.some((one) => one[name as keyof Row] !== null),
      );
      return { ...Object.fromEntries(said), ...figures };
    }),
  );
}

function rounded(value: number | null | undefined): number | null {
  return value === null || value === undefined ? null : Number(value.toPrecision(4));
}

function roundAll(figures: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(figures).map(([name, value]) => [name, Number(value.toPrecision(4))]),
  );
}
