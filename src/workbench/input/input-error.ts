/** Input that cannot be read, in words for whoever named it. */
export class InputError extends Error {}
