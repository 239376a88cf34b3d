import { ArmError } from '../../types.ts';

/** App settings that Flex Consumption refuses: `functionAppConfig` says these things there (flex-consumption-plan). */
const refused = [
  'ENABLE_ORYX_BUILD',
  'FUNCTIONS_EXTENSION_VERSION',
  'FUNCTIONS_MAX_HTTP_CONCURRENCY',
  'FUNCTIONS_WORKER_DYNAMIC_CONCURRENCY_ENABLED',
  'FUNCTIONS_WORKER_PROCESS_COUNT',
  'FUNCTIONS_WORKER_RUNTIME',
  'FUNCTIONS_WORKER_RUNTIME_VERSION',
  'SCM_DO_BUILD_DURING_DEPLOYMENT',
  'WEBSITE_CONTENTAZUREFILECONNECTIONSTRING',
  'WEBSITE_CONTENTOVERVNET',
  'WEBSITE_CONTENTSHARE',
  'WEBSITE_DNS_SERVER',
  'WEBSITE_MAX_DYNAMIC_APPLICATION_SCALE_OUT',
  'WEBSITE_NODE_DEFAULT_VERSION',
  'WEBSITE_RUN_FROM_PACKAGE',
  'WEBSITE_SKIP_CONTENTSHARE_VALIDATION',
  'WEBSITE_VNET_ROUTE_ALL',
];

/** @throws ArmError 400 when a setting is one that Flex Consumption sites may not have */
export function checkFlexSettings(names: string[]): void {
  const bad = names.find((name) => refused.includes(name.toUpperCase()));
  if (bad === undefined) return;
  throw new ArmError(
    400,
    'BadRequest',
    `The following app setting (Site.SiteConfig.AppSettings.${bad}) for Flex Consumption sites is invalid. ` +
      'Please remove or rename it before retrying.',
  );
}
