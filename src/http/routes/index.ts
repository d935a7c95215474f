/** Every endpoint of the API role. */
import type { ModelPorts, PolicyPorts, RelayPort, UsagePorts } from '../gateway-ports';
import type { HttpPorts } from '../ports';
import type { Route } from '../route';
import { cancelOperation } from './cancel-operation';
import { decideRotationRoutes } from './decide-rotation';
import { gatewayPolicyRoutes } from './gateway-policy';
import { generateKeys } from './generate-keys';
import { getModel } from './get-model';
import { getOperation } from './get-operation';
import { healthRoutes } from './health';
import { listAudit } from './list-audit';
import { listKeys } from './list-keys';
import { listModels } from './list-models';
import { openAiModelRoutes } from './list-openai-models';
import { listOperations } from './list-operations';
import { listServicesRoute } from './list-services';
import { offboardTenant } from './offboard-tenant';
import { readUsage } from './read-usage';
import { relayRoutes } from './relay-completions';
import { resolveKey } from './resolve-key';
import { revokeKey } from './revoke-key';
import { rotateKey } from './rotate-key';
import { validateKey } from './validate-key';
import { verifyAudit } from './verify-audit';

/** The table of routes. */
export function apiRoutes(ports: HttpPorts): readonly Route[] {
  return [
    generateKeys(ports),
    listServicesRoute(),
    validateKey(ports),
    rotateKey(ports),
    revokeKey(ports),
    listKeys(ports),
    listOperations(ports),
    getOperation(ports),
    ...decideRotationRoutes(ports),
    cancelOperation(ports),
    offboardTenant(ports),
    listAudit(ports),
    verifyAudit(ports),
    ...healthRoutes(ports),
  ];
}

/** What the gateway's own endpoints need. */
export interface GatewayRoutePorts {
  readonly models: ModelPorts;
  readonly relay: RelayPort;
  readonly usage: UsagePorts;
  readonly policy: PolicyPorts;
}

/** Every endpoint of the gateway's own. */
export function gatewayRoutes({ models, relay, usage, policy }: GatewayRoutePorts): readonly Route[] {
  return [
    listModels(models),
    getModel(models),
    ...relayRoutes(relay),
    ...openAiModelRoutes(models),
    readUsage(usage),
    ...gatewayPolicyRoutes(policy, usage),
  ];
}

/** Every endpoint of every role, to be described: without ports, so none can be called. */
export function everyRoute(): readonly Route[] {
  const ports = {} as HttpPorts;
  const gateway = { models: {}, relay: {}, usage: {}, policy: {} } as GatewayRoutePorts;
  return [...apiRoutes(ports), resolveKey(ports), ...gatewayRoutes(gateway)];
}
