import { signal } from '@preact/signals'
import { session } from '../shell/session.ts'
import type { Draft } from './letter.ts'

/** Whose it is, so that nobody finds the words of who was logged in before. */
const written = signal<{ readonly who: string | null; readonly draft: Draft } | undefined>(
  undefined,
)

/** What is written so far: it is still there after a look at the journey. */
export function draftNow(): Draft {
  const kept = written.value
  return kept !== undefined && kept.who === whoNow() ? kept.draft : firstDraft()
}

export function write(changes: Partial<Draft>): void {
  written.value = { who: whoNow(), draft: { ...draftNow(), ...changes } }
}

function whoNow(): string | null {
  return session.value?.who ?? null
}

/** Something that can be sent at once, where there is an address that fits. */
function firstDraft(): Draft {
  const { mode = 'live', account } = session.value ?? {}
  const [from, to] = {
    lab: ['sender@north.example', 'receiver@south.example'],
    catch: ['app@shop.example', 'anybody@customer.example'],
    live: [account ?? '', account ?? ''],
  }[mode] as [string, string]
  return {
    how: 'fields',
    from,
    to,
    subject: 'A test message',
    text: 'Hello,\n\nthis was sent from the page.\n',
    raw: `From: ${from}\nTo: ${to}\nSubject: A test message\n\nHello,\n\nthis was sent from the page.\n`,
  }
}
