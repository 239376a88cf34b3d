/** Where everything of the test stands. */
export const location = 'westeurope';
