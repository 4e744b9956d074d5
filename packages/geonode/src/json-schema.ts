import { z } from 'zod';
import { lookupDocumentSchema, registrationDocumentSchema, unregistrationDocumentSchema } from './document.ts';

/** The JSON Schemas the Django app checks by, by file name; `scripts/generate.ts` writes them. */
export function documentJsonSchemas(): Record<string, object> {
  return {
    'registration.json': z.toJSONSchema(registrationDocumentSchema),
    'unregistration.json': z.toJSONSchema(unregistrationDocumentSchema),
    'lookup.json': z.toJSONSchema(lookupDocumentSchema),
  };
}
