import { Empty } from '../parts/notice.tsx'
import { wordOf } from '../parts/verdict.tsx'
import type { Step } from '../types.ts'
import { Lines } from './lines.tsx'
import type { TabProps } from './tab.ts'

interface Said {
  readonly from: string
  readonly text: string
}

function saidIn(step: Step): readonly Said[] {
  const said = step['conversation']
  if (!Array.isArray(said)) return []
  return said.flatMap((line: unknown) => {
    if (typeof line !== 'object' || line === null) return []
    const { from, text } = line as Partial<Said>
    return typeof from === 'string' && typeof text === 'string' ? [{ from, text }] : []
  })
}

function hostOf(step: Step): string {
  return typeof step['host'] === 'string' ? step['host'] : 'the next server'
}

/** Every line that was said: with the client, and with the servers that the message went on to. */
export function ConversationTab({ journey }: TabProps) {
  const onward = journey.steps
    .map((step) => ({ step, said: saidIn(step) }))
    .filter(({ said }) => said.length > 0)
  if (journey.conversation.length === 0 && onward.length === 0) {
    return <Empty>Nobody said anything: this message was made here.</Empty>
  }
  return (
    <>
      <p class="small muted">
        <code>{'->'}</code> is the client, <code>{'<-'}</code> the server, <code>==</code> stands
        for what was left out. Passwords are masked.
      </p>
      {journey.conversation.length === 0 ? null : (
        <section>
          <h2>
            {journey.envelope.ip} with {journey.host}
          </h2>
          <Lines lines={journey.conversation} />
        </section>
      )}
      {onward.map(({ step, said }, index) => (
        <section key={index}>
          <h2>
            {journey.host} with {hostOf(step)}: {step.label}, {wordOf(step)}
          </h2>
          <Lines lines={said} />
        </section>
      ))}
    </>
  )
}
