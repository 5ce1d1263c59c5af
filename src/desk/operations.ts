import type { Actor } from './act.ts'
import {
  accountAdd,
  accountForward,
  type AccountPart,
  accountPassword,
  accountRemove,
  aliasAdd,
  aliasRemove,
  domainAdd,
  domainRemove,
} from './account-operations.ts'
import { type ApiKeyPart, keyAdd, keyRemove } from './api-key-operations.ts'
import { backupMade } from './backup.ts'
import { bundleImport, type ImportPart } from './bundle-import.ts'
import { dkimRotate, type KeyPart } from './keys.ts'
import { mailDelete, type MailPart } from './mail.ts'
import { type DeskPlace, type Named, named, performByName } from './named.ts'
import { prune, type PrunePart } from './prune.ts'
import { holdRuleAdd, holdRuleRemove } from './hold-rule-operations.ts'
import { pauseAdd, pauseEnd } from './pause-operations.ts'
import type { QueuePart } from './queue.ts'
import { queueBounce, queueDrop, queueHold, queueRelease, queueRetry } from './queue-operations.ts'
import {
  type SecondFactorPart,
  totpAdd,
  totpConfirm,
  totpRemove,
} from './second-factor-operations.ts'
import { queueTurns, type TurnsPart } from './item-turns.ts'
import { queueSites, type SitesPart } from './queue-sites.ts'
import { queueStanding, type StandingPart } from './standing.ts'
import { serverStatus, type StatusPart } from './status.ts'
import { submit, type SubmitPart } from './submit.ts'
import { suppressAdd, type SuppressionPart, suppressRemove } from './suppressions.ts'
import { webhookOperations, type WebhookPart } from './webhooks.ts'

/** The desk of a running server: all of it. */
export interface Desk
  extends QueuePart,
    KeyPart,
    AccountPart,
    ApiKeyPart,
    SuppressionPart,
    SecondFactorPart,
    MailPart,
    PrunePart,
    StatusPart,
    ImportPart,
    SubmitPart,
    StandingPart,
    TurnsPart,
    SitesPart,
    WebhookPart {}

const operations: ReadonlyMap<string, Named<Desk>> = new Map<string, Named<Desk>>([
  named(serverStatus),
  named(queueRetry),
  named(queueHold),
  named(queueRelease),
  named(queueBounce),
  named(queueDrop),
  named(holdRuleAdd),
  named(holdRuleRemove),
  named(pauseAdd),
  named(pauseEnd),
  named(queueStanding),
  named(queueTurns),
  named(queueSites),
  named(dkimRotate),
  named(accountAdd),
  named(accountPassword),
  named(accountForward),
  named(accountRemove),
  named(aliasAdd),
  named(aliasRemove),
  named(domainAdd),
  named(domainRemove),
  named(keyAdd),
  named(keyRemove),
  named(suppressAdd),
  named(suppressRemove),
  named(totpAdd),
  named(totpConfirm),
  named(totpRemove),
  named(mailDelete),
  named(prune),
  named(backupMade),
  named(bundleImport),
  named(submit),
  ...webhookOperations,
])

/**
 * Does what is asked by name.
 *
 * @throws WaybillError `usage` for a name that is none, and what the operation says
 */
export function performNamed(
  place: DeskPlace<Desk>,
  asked: { readonly operation: string; readonly input: unknown; readonly actor: Actor },
): Promise<unknown> {
  return performByName(operations, place, asked)
}
