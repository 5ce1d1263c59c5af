import { useEffect, useMemo, useState } from 'preact/hooks'
import { ask, asProblem } from '../api/ask.ts'
import { fieldsOf } from '../parts/fields.ts'
import { ProblemNotice } from '../parts/notice.tsx'
import { maySend } from '../shell/may.ts'
import { session } from '../shell/session.ts'
import type { Journey, Problem, Session } from '../types.ts'
import { draftNow, write } from './draft.ts'
import { Fields } from './fields.tsx'
import { Foreseen } from './foreseen.tsx'
import { bodyOf, OnceKey } from './letter.ts'
import { type Sent, SentNotice } from './sent.tsx'

/** What came of the last press of a button. */
type Result =
  | { readonly type: 'foreseen'; readonly journey: Journey }
  | { readonly type: 'sent'; readonly sent: Sent }
  | { readonly type: 'problem'; readonly problem: Problem }

/** A test message: what would become of it, and what becomes of it. */
export function SendPage() {
  useEffect(() => {
    document.title = 'Send · Waybill'
  }, [])
  return (
    <>
      <h1>Send a test message</h1>
      {maySend() ? <Form /> : <p>Who is logged in here may not send.</p>}
    </>
  )
}

const where: Readonly<Record<Session['mode'], string>> = {
  lab: 'From decides its way: an address of north.example or south.example is sent by that server, any other is a stranger’s. Nothing leaves this computer.',
  catch: 'It is caught here, whoever it is to.',
  live: 'It goes out like any other letter, signed and by your rules. What would happen sends nothing.',
}

function Form() {
  const once = useMemo(() => new OnceKey(), [])
  const [busy, setBusy] = useState(false)
  const [result, setResult] = useState<Result | undefined>(undefined)
  const submit = async (event: SubmitEvent): Promise<void> => {
    fieldsOf(event)
    const body = bodyOf(draftNow())
    const isSending = event.submitter?.id === 'send'
    setBusy(true)
    setResult(undefined)
    try {
      setResult(isSending ? await send(body, once) : await foresee(body))
    } catch (error) {
      setResult({ type: 'problem', problem: asProblem(error) })
    }
    setBusy(false)
  }
  return (
    <>
      <form class="card writing stack" onSubmit={(event) => void submit(event)}>
        <Fields draft={draftNow()} write={write} />
        {/* The first one is pressed by Enter in a field: the one that sends nothing. */}
        <p class="bulk">
          <button type="submit" disabled={busy}>
            What would happen
          </button>
          <button type="submit" id="send" class="first" disabled={busy}>
            Send
          </button>
          <span class="muted small">{where[session.value?.mode ?? 'live']}</span>
        </p>
      </form>
      <Told result={result} />
    </>
  )
}

function Told({ result }: { readonly result: Result | undefined }) {
  switch (result?.type) {
    case undefined:
      return null
    case 'foreseen':
      return <Foreseen journey={result.journey} />
    case 'sent':
      return <SentNotice sent={result.sent} />
    case 'problem':
      return <Refused problem={result.problem} />
  }
}

/** What was refused has a journey, too. */
function Refused({ problem }: { readonly problem: Problem }) {
  const { journey } = problem
  return (
    <>
      <ProblemNotice problem={problem} />
      {journey === undefined ? null : (
        <p>
          <a href={`/messages/${encodeURIComponent(journey)}`}>Its journey tells why</a>
        </p>
      )}
    </>
  )
}

async function foresee(body: Readonly<Record<string, string>>): Promise<Result> {
  const journey = await ask<Journey>('/v1/messages?dry_run=true', { method: 'POST', body })
  return { type: 'foreseen', journey }
}

async function send(body: Readonly<Record<string, string>>, once: OnceKey): Promise<Result> {
  const headers = { 'idempotency-key': once.for(body) }
  const sent = await ask<Sent>('/v1/messages', { method: 'POST', body, headers })
  once.done()
  return { type: 'sent', sent }
}
