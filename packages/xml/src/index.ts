export * from './decode.ts';
export * from './element.ts';
export * from './error.ts';
export { XML_NAMESPACE } from './namespaces.ts';
export * from './peek.ts';
export * from './read.ts';
export * from './walk.ts';
