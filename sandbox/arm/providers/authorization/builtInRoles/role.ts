/** A built-in role: name, GUID and permissions as Azure publishes them (built-in roles reference, July 2026). */
export interface BuiltInRole {
  id: string;
  roleName: string;
  actions?: string[];
  notActions?: string[];
  dataActions?: string[];
  notDataActions?: string[];
}

/** What most roles that manage something have beside it. */
export const common = [
  'Microsoft.Authorization/*/read',
  'Microsoft.Insights/alertRules/*',
  'Microsoft.Resources/deployments/*',
  'Microsoft.Resources/subscriptions/resourceGroups/read',
  'Microsoft.Support/*',
];
export const health = 'Microsoft.ResourceHealth/availabilityStatuses/read';
