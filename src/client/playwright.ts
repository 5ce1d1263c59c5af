import type { Inbox } from './inbox.ts'
import { Waybill, type WaybillOptions } from './waybill.ts'

/** What a test gets. */
export interface WaybillFixtures {
  /** The Waybill that catches the mail. */
  readonly mail: Waybill
  /** An inbox with an address of its own. */
  readonly inbox: Inbox
}

/** As much of Playwright's `TestInfo` as is used. */
interface TestInfo {
  readonly status?: string | undefined
  readonly expectedStatus?: string
  attach(name: string, file: { readonly body: string; readonly contentType: string }): Promise<void>
}

type Use<Value> = (value: Value) => Promise<void>

/**
 * Fixtures for Playwright's `test.extend`: `mail`, and an `inbox` for each test. The report of a test
 * that fails shows what its inbox got. Playwright itself is not imported here.
 *
 * ```ts
 * const test = base.extend<WaybillFixtures>(waybillFixtures())
 * ```
 */
export function waybillFixtures(options: WaybillOptions = {}): {
  readonly mail: Waybill
  readonly inbox: (
    needs: { readonly mail: Waybill },
    use: Use<Inbox>,
    info: TestInfo,
  ) => Promise<void>
} {
  return {
    mail: new Waybill(options),
    inbox: async ({ mail }, use, info) => {
      const inbox = mail.inbox()
      await use(inbox)
      if (info.status === info.expectedStatus) return
      const rows = await inbox.list()
      const body = rows.map(({ id, status, subject }) => `${id}  ${status}  ${subject}`).join('\n')
      await info.attach(`mail to ${inbox.address}`, {
        body: body === '' ? 'none' : body,
        contentType: 'text/plain',
      })
    },
  }
}
