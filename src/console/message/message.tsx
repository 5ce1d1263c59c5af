import type { ComponentType } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { useResource } from '../api/resource.ts'
import { onEvents } from '../api/stream.ts'
import { opened } from '../messages/opened.ts'
import { Copy } from '../parts/copy.tsx'
import { Loading, ProblemNotice } from '../parts/notice.tsx'
import { plainly, span, when } from '../parts/plain.ts'
import { Address, Time } from '../parts/text.tsx'
import { outcomeText, Pill, toneOfStatus } from '../parts/verdict.tsx'
import { path, query, withQuery } from '../shell/route.ts'
import type { Journey } from '../types.ts'
import { Actions } from './actions.tsx'
import { ContentTab } from './content.tsx'
import { ConversationTab } from './conversation.tsx'
import { HeadersTab } from './headers.tsx'
import { JourneyTab } from './journey.tsx'
import { JsonTab } from './json.tsx'
import { Siblings } from './siblings.tsx'
import { SourceTab } from './source.tsx'
import type { Message, TabProps } from './tab.ts'
import { WhatIf } from './what-if.tsx'
import { Why } from './why.tsx'

interface Tab {
  readonly key: string
  readonly name: string
  readonly tab: ComponentType<TabProps>
}

const tabs: readonly Tab[] = [
  { key: '', name: 'Journey', tab: JourneyTab },
  { key: 'message', name: 'Message', tab: ContentTab },
  { key: 'headers', name: 'Headers', tab: HeadersTab },
  { key: 'source', name: 'Source', tab: SourceTab },
  { key: 'conversation', name: 'Conversation', tab: ConversationTab },
  { key: 'json', name: 'JSON', tab: JsonTab },
]

/** One message: how it ended, in one sentence, and the whole account of it. */
export function MessagePage() {
  const id = decodeURIComponent(path.value.slice('/messages/'.length))
  const at = `/v1/messages/${encodeURIComponent(id)}`
  const message = useResource<Message>(at)
  const journey = useResource<Journey>(`${at}/journey`)
  const held = useHeld(message.data, journey.data)
  useEffect(() => {
    opened.id = id
    return onEvents((events) => {
      if (!events.some((event) => event.id === id || event.type === 'page.resumed')) return
      message.again()
      journey.again()
    })
  }, [id])
  useEffect(() => {
    if (held === undefined) return
    document.title = `${held.journey.outcome.status} · ${plainly(held.journey.subject)} · ${id}`
  }, [held, id])
  const problem = message.problem ?? journey.problem
  if (problem !== undefined) {
    return (
      <>
        <h1>Message {plainly(id)}</h1>
        <ProblemNotice problem={problem} />
        <p>
          <a href="/">To the messages</a>
        </p>
      </>
    )
  }
  if (held === undefined) return <Loading />
  const chosen = tabs.find(({ key }) => key === (query.value.get('tab') ?? '')) ?? tabs[0]
  const Tab = chosen?.tab ?? JourneyTab
  const whatIf = query.value.has('what-if')
  return (
    <div class={whatIf ? 'with-drawer' : ''}>
      <div class="beside">
        <Top {...held} />
        <div class="tabs-line">
          <Tabs chosen={chosen?.key ?? ''} />
          <Actions
            message={held.message}
            changed={() => {
              message.again()
              journey.again()
            }}
          />
        </div>
        <Tab {...held} />
      </div>
      {whatIf ? <WhatIf journey={held.journey} /> : null}
    </div>
  )
}

/** What was read last, while it is read again. */
function useHeld(message: Message | undefined, journey: Journey | undefined): TabProps | undefined {
  const [held, setHeld] = useState<TabProps | undefined>(undefined)
  useEffect(() => {
    if (message !== undefined && journey !== undefined) setHeld({ message, journey })
  }, [message, journey])
  return held
}

function Top({ message, journey }: TabProps) {
  const { outcome, envelope, subject, summary, id } = journey
  const tone = toneOfStatus(outcome.status)
  const [first] = envelope.rcpt_to
  const smtp = outcome.smtp
  return (
    <>
      <div class="top">
        <h1>
          {subject === '' ? <span class="muted">No subject</span> : <bdi>{plainly(subject)}</bdi>}
        </h1>
        <p class="verdict-big">
          <Pill tone={tone}>
            {outcomeText({ ...message.outcome, word: outcome.status }, when)}
            {outcome.status === 'refused' && smtp !== null ? ` ${smtp.enhanced}` : ''}
          </Pill>
        </p>
      </div>
      <p class="meta">
        <Address of={envelope.mail_from} /> <span aria-label="to">→</span>{' '}
        {first === undefined ? (
          'nobody'
        ) : envelope.rcpt_to.length > 1 ? (
          `${envelope.rcpt_to.length} recipients`
        ) : (
          <Address of={first} />
        )}{' '}
        · <Time at={journey.started_at} /> · <code>{id}</code>{' '}
        <Copy text={id} what="the id of this journey" />
        {message.took_ms === undefined || message.took_ms === null
          ? null
          : ` · took ${span(message.took_ms)}`}{' '}
        · {journey.direction === 'in' ? 'received' : 'sent'} by {journey.host}
        {envelope.ip === '' ? null : `, from ${envelope.ip}`}
      </p>
      <p class={`sentence ${tone}`} data-summary>
        {plainly(summary)}
      </p>
      <Why journey={journey} />
      <Siblings journey={journey} />
    </>
  )
}

function Tabs({ chosen }: { readonly chosen: string }) {
  return (
    <nav class="tabs" aria-label="Views of this message">
      {tabs.map(({ key, name }) => (
        <a
          key={key}
          href={withQuery({ tab: key, step: null, part: null })}
          data-stay
          aria-current={key === chosen ? 'page' : undefined}
        >
          {name}
        </a>
      ))}
    </nav>
  )
}
