import { load, loadAll } from '../load.ts';
import { exchange } from '../rules.ts';

interface Permission {
  validatePermissions(granted: { toString(): string }): boolean;
}
type BlobPermission = new (permission: string) => Permission;
type AccountPermission = new (service: string, resourceType: string, permission: string) => Permission;
type Table = Map<number, Permission>;

/** Permissions that a SAS needs for what Azurite does not have ("Create a service SAS", "Create an account SAS"). */
const NEEDED: Record<string, { resource: string; permission: string }> = {
  Blob_SetImmutabilityPolicy: { resource: 'o', permission: 'i' },
  Blob_DeleteImmutabilityPolicy: { resource: 'o', permission: 'i' },
  Blob_SetLegalHold: { resource: 'o', permission: 'i' },
  Blob_Undelete: { resource: 'o', permission: 'w' },
  Container_Restore: { resource: 'c', permission: 'w' },
};

export function patchSas(): void {
  const operations = load<Record<string, number>>('blob/generated/artifacts/operation');
  const blob = loadAll('blob/authentication/OperationBlobSASPermission');
  const account = loadAll('blob/authentication/OperationAccountSASPermission');
  const OfBlob = blob.OperationBlobSASPermission as BlobPermission;
  const OfAccount = account.OperationAccountSASPermission as AccountPermission;
  const blobTables = [
    blob.OPERATION_BLOB_SAS_BLOB_PERMISSIONS,
    blob.OPERATION_BLOB_SAS_CONTAINER_PERMISSIONS,
  ] as Table[];
  const accountTable = account.default as Table;
  for (const [name, { resource, permission }] of Object.entries(NEEDED)) {
    const operation = operations[name]!;
    // A container is restored with an account's SAS only.
    for (const table of blobTables) table.set(operation, new OfBlob(resource === 'o' ? permission : ''));
    accountTable.set(operation, new OfAccount('b', resource, permission));
  }
  for (const table of [...blobTables, accountTable]) requireVersionDeletion(table.get(operations.Blob_Delete!)!);
}

/** Deleting a version has a permission of its own. */
function requireVersionDeletion(permission: Permission): void {
  const ofBlob = permission.validatePermissions.bind(permission);
  permission.validatePermissions = (granted) =>
    exchange().query.has('versionid') ? granted.toString().includes('x') : ofBlob(granted);
}
