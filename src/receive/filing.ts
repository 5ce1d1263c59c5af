import type { StepData } from '../journey/record.ts'

/** A recipient whose mail is filed here. */
export interface FiledRecipient {
  readonly rcptTo: string
  readonly account: string
}

type Filed = Extract<StepData, { readonly type: 'filed' }>

/**
 * The steps of filing one letter, one for each account in the order of its first recipient. However
 * many of its recipients lead to an account, the account gets one copy: the letter is the same.
 */
export function filedSteps(
  recipients: readonly FiledRecipient[],
  mailbox: string,
): readonly Filed[] {
  const byAccount = new Map<string, string[]>()
  for (const { account, rcptTo } of recipients) {
    const before = byAccount.get(account)
    if (before === undefined) byAccount.set(account, [rcptTo])
    else if (!before.includes(rcptTo)) before.push(rcptTo)
  }
  return Array.from(byAccount, ([account, [recipient = account, ...alsoFor]]) => {
    const more = alsoFor.length === 0 ? {} : { alsoFor }
    return { type: 'filed', account, mailbox, recipient, ...more }
  })
}
