/** Waits until `check` gives something; the bound is generous because only its passing is a failure. */
export async function until<T>(
  what: string,
  check: () => Promise<T | null | undefined | false>,
  withinMs = 20_000,
): Promise<T> {
  const deadlineMs = Date.now() + withinMs;
  for (;;) {
    const found = await check();
    if (found !== null && found !== undefined && found !== false) return found;
    if (Date.now() > deadlineMs) throw new Error(`never happened: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
}
