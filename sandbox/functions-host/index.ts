export { startFunctionsHost, type FunctionsHost, type FunctionsHostOptions } from './host.ts';
export { createSiteService } from './site.ts';
export { siteFunctionsProvider } from './siteFunctions.ts';
