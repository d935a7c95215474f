/** One entry as it is stored. Hashes are hex; `entry` is the text that was hashed. */
export interface StoredEntry {
  readonly chain: string;
  readonly seq: number;
  readonly prevHash: string;
  readonly hash: string;
  readonly entry: string;
}
