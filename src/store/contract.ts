/**
 * The contract of the store port as tests: every adapter registers them. They know nothing of SQL,
 * files or threads; what only one adapter has is tested beside it.
 */
import { registerAccountTests } from './contract-accounts.ts'
import { registerChangeTests } from './contract-changes.ts'
import { registerContentTests } from './contract-contents.ts'
import { registerCredentialTests } from './contract-credentials.ts'
import { registerFaultTests } from './contract-faults.ts'
import { registerHoldTests } from './contract-holds.ts'
import { registerFindingTests } from './contract-finding.ts'
import { registerJourneyTests } from './contract-journeys.ts'
import { registerMailboxTests } from './contract-mailboxes.ts'
import { registerMessageTests } from './contract-messages.ts'
import { registerQueueTests } from './contract-queue.ts'
import { registerQueueOrderTests } from './contract-order.ts'
import { registerReceiptTests } from './contract-receipts.ts'
import { registerRegisterTests } from './contract-register.ts'
import { registerRetentionTests } from './contract-retention.ts'
import { registerSearchTests } from './contract-search.ts'
import { registerShapeTests } from './contract-shape.ts'
import { registerSettlingTests } from './contract-settling.ts'
import type { OpenUnderTest } from './contract-cases.ts'

/** Registers the tests for the adapter that `open` opens, empty, once for each test. */
export function storeContract(name: string, open: OpenUnderTest): void {
  registerMessageTests(name, open)
  registerContentTests(name, open)
  registerQueueTests(name, open)
  registerQueueOrderTests(name, open)
  registerHoldTests(name, open)
  registerSettlingTests(name, open)
  registerShapeTests(name, open)
  registerJourneyTests(name, open)
  registerFindingTests(name, open)
  registerSearchTests(name, open)
  registerReceiptTests(name, open)
  registerRegisterTests(name, open)
  registerRetentionTests(name, open)
  registerMailboxTests(name, open)
  registerAccountTests(name, open)
  registerCredentialTests(name, open)
  registerChangeTests(name, open)
  registerFaultTests(name, open)
}
