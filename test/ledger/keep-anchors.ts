/** Anchors kept in memory and signed with a key of the test: what Vault does in production. */
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import type { AnchorPorts } from '../../src/ledger/anchor-heads';
import type { AnchorBody, AnchorKeys, StoredAnchor } from '../../src/ledger/anchor-statement';

export interface AnchorKeeper extends AnchorPorts {
  readonly publicKeys: AnchorKeys;
  readonly kept: AnchorBody[];
  list(): AsyncGenerator<StoredAnchor>;
  /** Another anchor key from now on; the old public key stays known. */
  rotateKey(): void;
  signBody(text: string): AnchorBody;
}

export function keepAnchors(): AnchorKeeper {
  const privateKeys: KeyObject[] = [];
  const publicKeys = new Map<number, string>();
  const kept: AnchorBody[] = [];
  const keeper: AnchorKeeper = {
    publicKeys,
    kept,
    rotateKey: () => {
      const pair = generateKeyPairSync('ed25519');
      privateKeys.push(pair.privateKey);
      const raw = pair.publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
      publicKeys.set(privateKeys.length, raw.toString('base64'));
    },
    signBody: (text) => {
      const key = privateKeys.at(-1) as KeyObject;
      return {
        text,
        signature: sign(null, Buffer.from(text), key).toString('base64'),
        keyVersion: privateKeys.length,
      };
    },
    sign: async (text) => keeper.signBody(text),
    putAnchor: async (n, body) => {
      if (n !== kept.length + 1) return 'taken';
      kept.push(body);
      return 'stored';
    },
    latestAnchor: async () => {
      const body = kept.at(-1);
      return body === undefined ? null : { number: kept.length, body };
    },
    list: async function* () {
      for (const [i, body] of kept.entries()) yield { number: i + 1, body };
    },
  };
  keeper.rotateKey();
  return keeper;
}
