import { readFileSync } from 'node:fs';
import { type Rules, RulesError, readRules, ruledBy } from '@geosluice/rules';
import { ConfigError } from '@geosluice/service-kit';
import type { RuleDefaults } from '@geosluice/stages';
import type { GatewayConfig } from './config.ts';

type Ruled = Pick<GatewayConfig, 'rules'>;

/** The rules of the deployment's file; none where it has no such file. @throws ConfigError with all that is wrong with it */
export function openRules({ rules: { file } }: Ruled): Rules {
  return ruledBy(file === undefined ? [] : readRulesFile(file));
}

function readRulesFile(file: string): ReturnType<typeof readRules> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError([`GEOSLUICE_RULES_FILE: ${file} cannot be read: ${(error as Error).message}`]);
  }
  try {
    return readRules(text, file);
  } catch (error) {
    if (error instanceof RulesError) throw new ConfigError(error.problems);
    throw error;
  }
}

/** What a request that says nothing gets, where no rule says anything either. */
export function ruleDefaults({ rules }: Ruled): RuleDefaults {
  const { workspace, storage, after, metadata, metadataGraceSeconds, permissions, language, owner, group } = rules;
  return {
    ...{ workspace, storage, after, metadata, metadataGraceSeconds, permissions },
    ...(language === undefined ? {} : { language }),
    ...(owner === undefined ? {} : { owner }),
    ...(group === undefined ? {} : { group }),
  };
}
