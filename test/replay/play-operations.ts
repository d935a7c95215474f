/** How each branch of generateKeys, validateKey, revokeKey and closeOperation comes about. */
import type { ApiReply } from '../support/service';
import type { Hold } from './hold-activities';
import type { Branch } from './required-branches';
import type { Run, Scene } from './scene';

type Play = (scene: Scene) => Promise<Run>;
type Of<Workflow extends string> = Extract<Branch, `${Workflow}.${string}`>;

const HANG = { kind: 'hang' } as const;
const OUTAGE = { kind: 'outage' } as const;

export const generateBranches: Readonly<Record<Of<'generateKeys'>, Play>> = {
  'generateKeys.stored': async (scene) => scene.runOf(await scene.generate(scene.key('good'))),
  'generateKeys.unchanged': async (scene) => {
    await scene.generate(scene.key('good'));
    return scene.runOf(await scene.generate(scene.key('good')));
  },
  'generateKeys.rejected': async (scene) => scene.runOf(await scene.generate(scene.key('dead'))),
  'generateKeys.key-exists': async (scene) => {
    await scene.generate(scene.key('good'));
    return scene.runOf(await scene.generate(scene.key('second')));
  },
  'generateKeys.unverified-strict': (scene) =>
    scene.during(OUTAGE, async () =>
      scene.runOf(await scene.generate(scene.key('good'), { validation: 'strict' })),
    ),
  'generateKeys.inconclusive-stored': (scene) =>
    scene.during(OUTAGE, async () => scene.runOf(await scene.generate(scene.key('good')))),
  'generateKeys.skip': async (scene) =>
    scene.runOf(await scene.generate(scene.key('good'), { validation: 'skip' })),
  'generateKeys.cancelled': (scene) =>
    scene.during(HANG, async () => {
      const stored = await scene.askedBy(() => scene.generate(scene.key('good'), {}, true));
      await scene.decide('cancel', stored);
      return scene.runOf(stored);
    }),
  'generateKeys.revoked-while-probing': (scene) =>
    scene.during(HANG, async () => {
      const stored = await scene.askedBy(() => scene.generate(scene.key('good'), {}, true));
      await scene.revoke();
      return scene.runOf(stored);
    }),
  'generateKeys.fenced-before-store': (scene) =>
    playFenced(scene, () => scene.generate(scene.key('good'), {}, true)),
};

export const validateBranches: Readonly<Record<Of<'validateKey'>, Play>> = {
  'validateKey.supplied': async (scene) => scene.runOf(await scene.validate(scene.key('good'))),
  'validateKey.stored': async (scene) => {
    await scene.generate(scene.key('good'));
    return scene.runOf(await scene.validate());
  },
  'validateKey.inconclusive': async (scene) => {
    await scene.generate(scene.key('good'));
    return scene.during(OUTAGE, async () => scene.runOf(await scene.validate()));
  },
  'validateKey.cancelled': (scene) =>
    scene.during(HANG, async () => {
      const asked = await scene.askedBy(() => scene.validate(scene.key('good'), true));
      await scene.decide('cancel', asked);
      return scene.runOf(asked);
    }),
};

export const revokeBranches: Readonly<Record<Of<'revokeKey'>, Play>> = {
  'revokeKey.active': async (scene) => {
    await scene.generate(scene.key('good'));
    return scene.runOf(await scene.revoke(true));
  },
  'revokeKey.grace': async (scene) => {
    await scene.generate(scene.key('good'));
    await scene.rotate(scene.key('second'));
    return scene.runOf(await scene.revoke(true));
  },
  'revokeKey.pending': (scene) =>
    scene.during(HANG, async () => {
      const stored = await scene.askedBy(() => scene.generate(scene.key('good'), {}, true));
      const revoked = await scene.runOf(await scene.revoke(true));
      await scene.closed(await scene.runOf(stored));
      return revoked;
    }),
  'revokeKey.new-life-began': async (scene) => {
    await scene.generate(scene.key('good'));
    const burial = scene.hold('buryKey', 'before');
    const revoked = await scene.revoke(true);
    await burial.reached;
    await scene.generate(scene.key('second'));
    burial.release();
    return scene.runOf(revoked);
  },
};

export const closeBranches: Readonly<Record<Of<'closeOperation'>, Play>> = {
  'closeOperation.abandoned': (scene) =>
    scene.during(HANG, async () => {
      const stored = await scene.askedBy(() => scene.generate(scene.key('good'), {}, true));
      await scene.terminate(await scene.runOf(stored));
      return scene.closingOf(stored);
    }),
  'closeOperation.landed': async (scene) => {
    const landing = scene.hold('storeKey', 'after');
    const stored = await scene.generate(scene.key('good'), {}, true);
    return playStopped(scene, stored, landing);
  },
  'closeOperation.landed-rotation': async (scene) => {
    await scene.generate(scene.key('good'));
    const landing = scene.hold('promoteKey', 'after');
    const rotated = await scene.rotate(scene.key('second'), {}, true);
    return playStopped(scene, rotated, landing);
  },
};

/** Its run is stopped between the write and the report; the stopped run's worker goes on only when all is over. */
async function playStopped(scene: Scene, begun: ApiReply, landing: Hold): Promise<Run> {
  await landing.reached;
  await scene.terminate(await scene.runOf(begun));
  const closing = await scene.closingOf(begun);
  await scene.closed(closing);
  landing.release();
  return closing;
}

/** The key is revoked after the probe has answered and before the write; the tombstone comes after that. */
export async function playFenced(scene: Scene, begin: () => ReturnType<Scene['generate']>): Promise<Run> {
  const probe = scene.hold('probeCandidate', 'after');
  const burial = scene.hold('buryKey', 'before');
  const begun = await begin();
  await probe.reached;
  await scene.revoke(true);
  await burial.reached;
  probe.release();
  const run = await scene.runOf(begun);
  await scene.closed(run);
  burial.release();
  return run;
}
