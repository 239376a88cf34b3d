import { isHome, type Environment, type SiteConfig } from './environment.ts';
import { called, type Finding, type Inspection } from './finding.ts';
import { siteKey, siteLayout } from './layout.ts';
import { verdictOf } from './verdict.ts';

/**
 * `ready`; `drifted`: sessions run and warn; `incomplete`: the next session makes what is missing; `unusable`: no session
 * runs before a person has put something right.
 */
export type SiteState = 'ready' | 'drifted' | 'incomplete' | 'unusable';

/** A site as the API shows it. */
export interface SiteView {
  subscriptionId: string;
  region: string;
  /** The appliance's own. */
  home: boolean;
  /** Whether the Pulumi program declares it, or the first session makes it. */
  declared: boolean;
  resourceGroup: string;
  state: SiteState;
  /** What no session may work with. */
  problems: string[];
  warnings: string[];
  /** ISO 8601 UTC: when the pieces were looked at. */
  checked: string;
  pieces: (Finding & { name: string })[];
}

/** @param checked ISO 8601 UTC */
export function siteView(
  environment: Environment,
  site: SiteConfig,
  inspection: Inspection,
  checked: string,
): SiteView {
  const { refusals, warnings, missing, awaited } = verdictOf(inspection, new Set());
  const forbidden = awaited.filter(({ error }) => error);
  const said = [...refusals.map(({ message }) => message), ...forbidden.map(({ error }) => error!.message)];
  const problems = [...new Set(said)];
  const open = missing.length + awaited.length > 0;
  return {
    subscriptionId: site.subscriptionId,
    region: site.region,
    home: isHome(environment, site),
    declared: site.declared,
    resourceGroup: siteLayout(siteKey(environment, site)).resourceGroup.id,
    state: problems.length ? 'unusable' : open ? 'incomplete' : warnings.length ? 'drifted' : 'ready',
    problems,
    warnings,
    checked,
    pieces: inspection.findings.map((finding) => ({ name: called(finding), ...finding })),
  };
}
