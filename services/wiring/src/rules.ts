import type { RuleDefaults } from '@geosluice/stages';
import type { GatewayConfig } from './config.ts';

/** What a request that says nothing gets. */
export function ruleDefaults({ rules }: Pick<GatewayConfig, 'rules'>): RuleDefaults {
  const { workspace, storage, after, metadata, metadataGraceSeconds, permissions, language, owner, group } = rules;
  return {
    ...{ workspace, storage, after, metadata, metadataGraceSeconds, permissions },
    ...(language === undefined ? {} : { language }),
    ...(owner === undefined ? {} : { owner }),
    ...(group === undefined ? {} : { group }),
  };
}
