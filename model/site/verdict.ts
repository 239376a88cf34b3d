import { StrongroomError } from '../errors.ts';
import { called, type Finding, type FoundDrift, type Inspection } from './finding.ts';
import type { Piece } from './piece.ts';
import { withWayOut } from './wayOut.ts';

/** What follows from a site's inspection. */
export interface Verdict {
  /** Nothing that a session may start with; the first one's words end it. */
  refusals: StrongroomError[];
  /** Does not stop a session. */
  warnings: string[];
  /** Pieces that the appliance may make. */
  missing: Finding[];
  /** Pieces that others or Azure are at work on. */
  awaited: Finding[];
}

/** Pulumi's way out, for all that the appliance may not do itself. */
const PULUMI_UP = 'Run pulumi up, which puts it right.';

/**
 * Judges a site. Pure.
 * @param made keys of pieces that were made just now: Azure may need a while for connections and records
 */
export function verdictOf({ findings, otherAccounts }: Inspection, made: ReadonlySet<string>): Verdict {
  const verdict: Verdict = { refusals: [], warnings: [], missing: [], awaited: [] };
  for (const id of otherAccounts) verdict.refusals.push(secondAccount(id));
  for (const finding of findings) judge(finding, made.has(finding.key), verdict);
  return verdict;
}

function judge(finding: Finding, isNew: boolean, verdict: Verdict): void {
  const { owner, state, error, connection = 'Approved' } = finding;
  const name = called(finding);
  if (state === 'unreadable') {
    const { code, message, details, retryable } = withWayOut(error!);
    if (mayPass(finding)) verdict.awaited.push(finding);
    else verdict.refusals.push(new StrongroomError(code, message, { retryable, details: details ?? {} }));
    return;
  }
  if (state === 'pending') return void verdict.awaited.push(finding);
  if (state === 'failed' && (isNew || mayHoldMore(finding))) return void verdict.refusals.push(notReady(finding, 0));
  if (state === 'missing' || state === 'failed') {
    if (owner === 'strongroom') (isNew ? verdict.awaited : verdict.missing).push(finding);
    else if (finding.kind === 'privateDnsZoneGroup') verdict.awaited.push(finding);
    else if (isOutbound(finding)) verdict.warnings.push(`${sentence(name)} is missing. ${PULUMI_UP}`);
    else verdict.refusals.push(incomplete(finding));
    return;
  }
  if (connection !== 'Approved') {
    if (isNew && connection === 'Pending') return void verdict.awaited.push(finding);
    verdict.refusals.push(unconnected(finding));
  }
  for (const drift of finding.drift) {
    const words = `${sentence(name)} is not as it should be: ${drift.path} is ${drift.actual}, expected ${drift.expected}.`;
    if (!refuses(finding, drift)) verdict.warnings.push(words);
    else {
      const details = { resource: finding.id, setting: drift.path };
      verdict.refusals.push(new StrongroomError('SITE_DRIFTED', `${words} ${wayOutOf(finding)}`, { details }));
    }
  }
}

/** Why a site is still not ready after all that waiting was good for. */
export function notReady(finding: Finding, minutes: number): StrongroomError {
  const { id, error, owner, records = [], state } = finding;
  const name = sentence(called(finding));
  const details = { resource: id };
  if (error) {
    const { code, message } = withWayOut(error);
    return new StrongroomError(code, message, { details: { ...error.details, ...details }, retryable: false });
  }
  const wrong = records.filter(({ expected, actual }) => !sameAddresses(expected, actual));
  const lacking = wrong.map((record) => `${record.name} (${record.expected.join(', ')})`).join(', ');
  if (owner === 'customer') {
    return new StrongroomError(
      'SITE_INCOMPLETE',
      `No record appeared for private endpoint ${id.split('/').at(-3)} within ${minutes} minutes${lacking && `: ${lacking}`}. ` +
        'With dns: policy an Azure Policy of yours writes it: check its assignment and its remediation tasks.',
      { details },
    );
  }
  if (lacking) {
    return new StrongroomError(
      'SITE_INCOMPLETE',
      `The A record of ${lacking} did not appear within ${minutes} minutes. Delete the ${called(finding)}; the next session ` +
        'makes it again.',
      { details },
    );
  }
  const text =
    state === 'failed'
      ? `${name} could not be made by Azure: its provisioning state is Failed. See the activity log of ${id}. ` +
        'Put it right, or delete it: the next session makes it again.'
      : `${name} was not ready within ${minutes} minutes. See the activity log of ${id}.`;
  return new StrongroomError('AZURE_UNAVAILABLE', text, { details, retryable: false });
}

/** Missing pieces whose prerequisites stand. What was not looked at stands. */
export function readyPieces(pieces: readonly Piece[], findings: readonly Finding[]): string[] {
  const open = new Set(
    findings.filter(({ state }) => state !== 'present' && state !== 'drifted').map(({ key }) => key),
  );
  const makeable = findings.filter(({ state }) => state === 'missing' || state === 'failed').map(({ key }) => key);
  return pieces
    .filter(({ key, after }) => makeable.includes(key) && !after.some((one) => open.has(one)))
    .map(({ key }) => key);
}

export function sameAddresses(expected: readonly string[], actual: readonly string[]): boolean {
  return expected.length > 0 && expected.length === actual.length && expected.every((one) => actual.includes(one));
}

/** A role that was just assigned takes minutes to have an effect (Azure: "Troubleshoot Azure RBAC"). */
function mayPass({ error }: Finding): boolean {
  return error!.code === 'PERMISSION_MISSING';
}

/**
 * Whether making it again could take something away: what others put into a network or its rules, or what they set
 * otherwise. A last change that failed leaves such a thing `Failed` too.
 */
function mayHoldMore({ kind, drift }: Finding): boolean {
  return drift.length > 0 || ['virtualNetwork', 'networkSecurityGroup', 'storageAccount'].includes(kind);
}

function isOutbound({ kind }: Finding): boolean {
  return kind === 'natGateway' || kind === 'publicIPAddress' || kind === 'routeTable';
}

/**
 * Which drift no session may work with: of the tagged account whatever is no tag, nor an entry of its firewall, which has no
 * effect while public access is disabled; what leads elsewhere; a subnet that is not there.
 */
function refuses({ kind }: Finding, { path }: FoundDrift): boolean {
  switch (kind) {
    case 'storageAccount':
      return !/^(tags|networkRuleSet\.(ip|virtualNetwork)Rules)\b/.test(path);
    case 'privateEndpoint':
      return path === 'target';
    case 'privateDnsZoneGroup':
      return true;
    case 'virtualNetworkLink':
      return /^virtualNetwork\b/.test(path);
    case 'virtualNetwork':
      return /^(subnets\[[^\]]*\]$|location)/.test(path);
    default:
      return false;
  }
}

function wayOutOf({ kind, id, owner }: Finding): string {
  if (owner === 'customer') return `Correct it in ${id}, or name other subnets in strongroom:sites.`;
  if (kind === 'storageAccount') {
    return `The appliance alters nothing that exists. ${PULUMI_UP} Or set it back by hand: ${id}.`;
  }
  if (kind === 'privateEndpoint') return `Delete private endpoint ${id}; the next session makes it as it should be.`;
  return `The appliance alters nothing that exists. Run pulumi up, or delete ${id}; the next session makes it again.`;
}

function incomplete(finding: Finding): StrongroomError {
  const wayOut =
    finding.owner === 'deployer'
      ? `The appliance may not create it. ${PULUMI_UP}`
      : 'It is yours and the appliance creates none of it. Create it, or correct strongroom:sites and run pulumi up.';
  return new StrongroomError('SITE_INCOMPLETE', `${sentence(called(finding))} (${finding.id}) is missing. ${wayOut}`, {
    details: { resource: finding.id },
  });
}

function unconnected(finding: Finding): StrongroomError {
  const { connection, id } = finding;
  const wayOut =
    connection === 'Pending'
      ? 'Approve it in the private endpoint connections of its target.'
      : `Delete private endpoint ${id}; the next session makes it again.`;
  return new StrongroomError(
    'SITE_DRIFTED',
    `The connection of ${called(finding)} is ${connection}, expected Approved. ${wayOut}`,
    { details: { resource: id, setting: 'connection' } },
  );
}

function secondAccount(id: string): StrongroomError {
  return new StrongroomError(
    'SITE_DRIFTED',
    `Storage account ${id} carries the tags of the site's account, but is another one. ` +
      'Remove its tag strongroom-role, or delete it.',
    { details: { resource: id, setting: 'tags' } },
  );
}

function sentence(text: string): string {
  return text[0]!.toUpperCase() + text.slice(1);
}
