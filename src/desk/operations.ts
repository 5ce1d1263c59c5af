import { WaybillError } from '../base/error.ts'
import type { ActPort } from '../store/ports/acts.ts'
import { type Actor, type Operation, perform } from './act.ts'
import {
  accountAdd,
  type AccountPart,
  accountPassword,
  accountRemove,
  aliasAdd,
  aliasRemove,
  domainAdd,
  domainRemove,
} from './account-operations.ts'
import { backupMade } from './backup.ts'
import { bundleImport, type ImportPart } from './bundle-import.ts'
import { dkimRotate, type KeyPart } from './keys.ts'
import { mailDelete, type MailPart } from './mail.ts'
import { prune, type PrunePart } from './prune.ts'
import { queueDrop, queueHold, type QueuePart, queueRelease, queueRetry } from './queue.ts'
import { serverStatus, type StatusPart } from './status.ts'

/** The desk of a running server: all of it. */
export interface Desk
  extends QueuePart,
    KeyPart,
    AccountPart,
    MailPart,
    PrunePart,
    StatusPart,
    ImportPart {}

interface Context {
  readonly desk: Desk
  readonly acts: Pick<ActPort, 'put'>
  readonly now: () => number
}

type Named = (
  context: Context,
  asked: { readonly input: unknown; readonly actor: Actor },
) => Promise<unknown>

const operations: ReadonlyMap<string, Named> = new Map([
  named(serverStatus),
  named(queueRetry),
  named(queueHold),
  named(queueRelease),
  named(queueDrop),
  named(dkimRotate),
  named(accountAdd),
  named(accountPassword),
  named(accountRemove),
  named(aliasAdd),
  named(aliasRemove),
  named(domainAdd),
  named(domainRemove),
  named(mailDelete),
  named(prune),
  named(backupMade),
  named(bundleImport),
])

/**
 * Does what is asked by name.
 *
 * @throws WaybillError `usage` for a name that is none, and what the operation says
 */
export function performNamed(
  context: Context,
  asked: { readonly operation: string; readonly input: unknown; readonly actor: Actor },
): Promise<unknown> {
  const operation = operations.get(asked.operation)
  if (operation !== undefined) return operation(context, asked)
  throw new WaybillError('usage', `The server does not know "${asked.operation}".`, {
    hint: 'Is it of the version of this command?',
  })
}

function named<Input, Result>(operation: Operation<Desk, Input, Result>): readonly [string, Named] {
  return [operation.name, (context, asked) => perform(operation, context, asked)]
}
