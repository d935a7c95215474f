import { Connection } from '@temporalio/client';
import { Client } from 'pg';
import { createTestDatabase, testStack } from '../support/stack';

describe('the servers of the tests', () => {
  it('run a Temporal namespace with the search attributes and 30 days of retention', async () => {
    const { temporal } = await testStack();
    const connection = await Connection.connect({ address: temporal.address });
    try {
      const { config } = await connection.workflowService.describeNamespace({
        namespace: temporal.namespace,
      });
      expect(Number(config?.workflowExecutionRetentionTtl?.seconds)).toBe(2_592_000);
      const { customAttributes } = await connection.operatorService.listSearchAttributes(temporal);
      expect(Object.keys(customAttributes ?? {})).toEqual(
        expect.arrayContaining(['TenantId', 'ServiceId', 'Operation', 'Outcome']),
      );
    } finally {
      await connection.close();
    }
  });

  it('let the provisioner log in to the vault and read no data', async () => {
    const { vault } = await testStack();
    const { roleId, secretId } = vault.credentials.provisioner;
    const login = await fetch(`${vault.address}/v1/auth/approle/login`, {
      method: 'POST',
      body: JSON.stringify({ role_id: roleId, secret_id: secretId }),
    });
    const { auth } = (await login.json()) as { auth: { client_token: string; token_policies: string[] } };
    expect(auth.token_policies).toEqual(['default', 'keyturn-provisioner']);
    const read = await fetch(`${vault.address}/v1/bizosaas/data/tenants/a/api-keys/b`, {
      headers: { 'X-Vault-Token': auth.client_token },
    });
    expect(read.status).toBe(403);
  });

  it('give each suite an empty database whose owner is no superuser', async () => {
    const database = await createTestDatabase();
    const client = new Client({ connectionString: database.databaseUrl });
    await client.connect();
    try {
      const { rows } = await client.query(
        "select rolsuper, current_setting('fsync') as fsync, current_setting('server_encoding') as encoding from pg_roles where rolname = current_user",
      );
      expect(rows).toEqual([{ rolsuper: false, fsync: 'on', encoding: 'UTF8' }]);
      await client.query('create table t (id int)');
    } finally {
      await client.end();
      await database.drop();
    }
  });
});
