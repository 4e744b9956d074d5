export { type Answer, answerSchema, type Health, healthSchema, type Registered } from './answer.ts';
export type { BatchOptions } from './batching-registrar.ts';
export { type CommandRegistrarOptions, createCommandRegistrar } from './command-registrar.ts';
export {
  DOCUMENT_SCHEMA,
  LOOKUP_SIZE,
  type LookupDocument,
  lookupDocumentSchema,
  type RegistrationDocument,
  registrationDocumentSchema,
  type UnregistrationDocument,
  unregistrationDocumentSchema,
} from './document.ts';
export { documentOf, type RegistrationDefaults } from './document-of.ts';
export { GeonodeError, type RetryCode } from './errors.ts';
export { createHttpRegistrar, type HttpRegistrarOptions } from './http-registrar.ts';
export { documentJsonSchemas } from './json-schema.ts';
export type { Registrar, Registration, RegistrationStatus } from './registrar.ts';
export { createStockRegistrar, type StockRegistrarOptions } from './stock/stock-registrar.ts';
