/** How each branch of rotateKey and retireKey comes about. */
import type { Fields } from '../../src/simulator/service';
import { playFenced } from './play-operations';
import type { Branch } from './required-branches';
import type { Run, Scene } from './scene';
import type { ApiReply } from '../support/service';

type Play = (scene: Scene) => Promise<Run>;
type Of<Workflow extends string> = Extract<Branch, `${Workflow}.${string}`>;

const HANG = { kind: 'hang' } as const;
const OUTAGE = { kind: 'outage' } as const;
/** A service that cannot be asked about a key. */
const UNPROBED = 'google-analytics-measurement-protocol';

function unprobedKey(letter: string): Fields {
  return { measurement_id: 'G-EXAMPLE000', api_secret: letter.repeat(22) };
}

/** Stores a key, then rotates to the candidate. */
async function rotated(scene: Scene, candidate: Fields, more: object = {}): Promise<ApiReply> {
  await scene.generate(scene.key('good'));
  return scene.rotate(candidate, more);
}

export const rotateBranches: Readonly<Record<Of<'rotateKey'>, Play>> = {
  'rotateKey.promoted': async (scene) => scene.runOf(await rotated(scene, scene.key('second'))),
  'rotateKey.grace-0': async (scene) =>
    scene.runOf(await rotated(scene, scene.key('second'), { grace_seconds: 0 })),
  'rotateKey.superseding': async (scene) => {
    await rotated(scene, scene.key('second'));
    return scene.runOf(await scene.rotate(scene.issue(), { supersede: true }));
  },
  'rotateKey.no-probe': async (scene) => {
    const unprobed = scene.with(UNPROBED);
    await unprobed.generate(unprobedKey('a'));
    return scene.runOf(await unprobed.rotate(unprobedKey('b')));
  },
  'rotateKey.candidate-rejected': async (scene) => scene.runOf(await rotated(scene, scene.key('dead'))),
  'rotateKey.candidate-exhausted': async (scene) => scene.runOf(await rotated(scene, scene.key('exhausted'))),
  'rotateKey.candidate-unverified': async (scene) => {
    await scene.generate(scene.key('good'));
    return scene.during(OUTAGE, async () => scene.runOf(await scene.rotate(scene.key('second'))));
  },
  'rotateKey.same-key': async (scene) => scene.runOf(await rotated(scene, scene.key('good'))),
  'rotateKey.different-account': async (scene) =>
    scene.runOf(await rotated(scene, scene.key('otherAccount'))),
  'rotateKey.fewer-scopes': async (scene) => {
    const stripe = scene.with('stripe');
    return scene.runOf(await rotated(stripe, stripe.key('limited')));
  },
  'rotateKey.cancelled-before-promotion': async (scene) => {
    await scene.generate(scene.key('good'));
    return scene.during(HANG, async () => {
      const rotation = await scene.askedBy(() => scene.rotate(scene.key('second'), {}, true));
      await scene.decide('cancel', rotation);
      return scene.runOf(rotation);
    });
  },
  'rotateKey.cancelled-too-late': async (scene) => {
    await scene.generate(scene.key('good'));
    const promotion = scene.hold('promoteKey', 'after');
    const rotation = await scene.rotate(scene.key('second'), {}, true);
    await promotion.reached;
    await scene.cancelRun(await scene.runOf(rotation));
    promotion.release();
    return scene.runOf(rotation);
  },
  'rotateKey.fenced-before-promotion': async (scene) => {
    await scene.generate(scene.key('good'));
    return playFenced(scene, () => scene.rotate(scene.key('second'), {}, true));
  },
};

export const retireBranches: Readonly<Record<Of<'retireKey'>, Play>> = {
  'retireKey.by-time': async (scene) =>
    scene.retirementOf(await rotated(scene, scene.key('second'), { grace_seconds: 2 })),
  'retireKey.at-once': async (scene) =>
    scene.retirementOf(await rotated(scene, scene.key('second'), { grace_seconds: 0 })),
  'retireKey.finish': async (scene) => {
    const rotation = await rotated(scene, scene.key('second'));
    await scene.decide('finish', rotation);
    return scene.retirementOf(rotation);
  },
  'retireKey.rollback': async (scene) => {
    const rotation = await rotated(scene, scene.key('second'));
    await scene.decide('rollback', rotation);
    return scene.retirementOf(rotation);
  },
  'retireKey.rollback-no-probe': async (scene) => {
    const unprobed = scene.with(UNPROBED);
    await unprobed.generate(unprobedKey('a'));
    const rotation = await unprobed.rotate(unprobedKey('b'));
    await scene.decide('rollback', rotation);
    return scene.retirementOf(rotation);
  },
  'retireKey.rollback-refused': async (scene) => {
    const dying = scene.issue();
    await scene.generate(dying);
    const rotation = await scene.rotate(scene.key('second'));
    scene.service.simulator.setCredential('openrouter', dying, 'dead');
    await scene.decide('rollback', rotation);
    await scene.decide('finish', rotation);
    return scene.retirementOf(rotation);
  },
  'retireKey.hurried-by-supersede': async (scene) => {
    const rotation = await rotated(scene, scene.key('second'));
    await scene.rotate(scene.issue(), { supersede: true });
    return scene.retirementOf(rotation);
  },
  'retireKey.cancelled-by-revoke': async (scene) => {
    const rotation = await rotated(scene, scene.key('second'));
    await scene.revoke();
    return scene.retirementOf(rotation);
  },
  'retireKey.cancelled-while-deciding': async (scene) => {
    const rotation = await rotated(scene, scene.key('second'));
    return scene.during(HANG, async () => {
      await scene.askedBy(() => scene.decide('rollback', rotation, true));
      await scene.revoke();
      const retirement = scene.retirementOf(rotation);
      await scene.closed(retirement);
      return retirement;
    });
  },
};
