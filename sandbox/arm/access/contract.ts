/** What an operation needs: all of it. Actions as Azure's permission reference writes them. */
export interface Needs {
  actions?: readonly string[];
  dataActions?: readonly string[];
}

/** That a principal needed an action on a kind of scope. */
export interface Demand {
  principalId: string;
  /** The principal's display name; its object id where nobody knows it. */
  principal: string;
  action: string;
  /** Whether it is a data action. */
  data: boolean;
  /** `tenant`, `subscription`, `resourceGroup` or a resource type. */
  scopeType: string;
  /** Where it was needed the first time. */
  scope: string;
  granted: boolean;
}

/** What may be turned at any time. */
export interface AccessSettings {
  /**
   * How long a role assignment or definition, or its removal, takes to have an effect, by the world's clock. In Azure up
   * to 10 minutes ("Troubleshoot Azure RBAC", symptom: role assignment changes are not being detected).
   */
  propagationMs: number;
}

/** Role-based access control of a world. */
export interface Access {
  /**
   * Whether a principal's roles grant all that is needed at a scope, and a note in the record that it was needed. Where
   * one of several alternatives is enough, ask for each.
   * @param principalId object id
   * @param scope id of a subscription, group or resource, also of a container, queue, key or secret
   */
  permits(principalId: string, needs: Needs, scope: string): boolean;
  /** The same without a note: for lists, which show what may be read and demand nothing. */
  grants(principalId: string, needs: Needs, scope: string): boolean;
  /** Whether a principal has any role at a scope, above or below it. */
  holdsAny(principalId: string, scope: string): boolean;
  /** Each principal, action and kind of scope once granted and once refused, in the order of their first demand. */
  demanded(): Demand[];
  readonly settings: AccessSettings;
}
