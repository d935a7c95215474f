export { generateKeys } from './generate-keys';
export { validateKey } from './validate-key';
export { rotateKey } from './rotate-key';
export { retireKey } from './retire-key';
export { revokeKey } from './revoke-key';
export { closeOperation } from './close-operation';
