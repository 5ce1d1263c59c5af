import { useState } from 'preact/hooks'
import { ask, asProblem } from '../api/ask.ts'
import { Sample } from '../parts/copy.tsx'
import { Empty, ProblemNotice } from '../parts/notice.tsx'
import { useResource } from '../api/resource.ts'
import { isAccount } from '../shell/may.ts'
import { inLab, session } from '../shell/session.ts'
import type { Problem } from '../types.ts'

/** The part of `/v1/status` that says where mail can be sent to. */
interface Ports {
  readonly ports?: Readonly<Record<string, number>>
}

/** Nothing yet: how to send something here; an account has its mail program for that. */
export function EmptyInbox() {
  if (!isAccount()) return session.value?.mode === 'live' ? <FirstDays /> : <Lessons />
  return (
    <Empty>
      <h2>No mail yet</h2>
      <p>What you get and send appears here by itself, with its journey.</p>
    </Empty>
  )
}

/** A server of one's own: what it wants before mail comes, and where to look whether it has it. */
function FirstDays() {
  return (
    <Empty>
      <h2>No mail yet</h2>
      <p>What comes in, and what your users send, appears here by itself, with its journey.</p>
      <ul>
        <li>
          <a href="/domains">Domains</a> has the records that DNS must hold, and says which it does.
        </li>
        <li>
          <a href="/accounts">Accounts</a> says who has a mailbox here, and who may log in.
        </li>
        <li>
          <a href="/send">Send</a> writes a first letter, and shows what would become of it.
        </li>
      </ul>
    </Empty>
  )
}

/** In three languages, or with a button. */
function Lessons() {
  const port = useResource<Ports>('/v1/status').data?.ports?.['smtp'] ?? 1025
  const to = inLab() ? 'receiver@south.example' : 'anybody@example.com'
  const lines = `HELO me\nMAIL FROM:<you@example.com>\nRCPT TO:<${to}>\nDATA`
  const nodemailer = [
    "import nodemailer from 'nodemailer'",
    '',
    `const post = nodemailer.createTransport({ host: 'localhost', port: ${port} })`,
    'await post.sendMail({',
    "  from: 'you@example.com',",
    `  to: '${to}',`,
    "  subject: 'Hello',",
    "  text: 'The first letter.',",
    '})',
  ].join('\n')
  const curl = [
    `printf 'Subject: Hello\\r\\n\\r\\nThe first letter.\\r\\n' |`,
    `  curl smtp://localhost:${port} --mail-from you@example.com \\`,
    `    --mail-rcpt ${to} --upload-file -`,
  ].join('\n')
  return (
    <Empty>
      <h2>No mail yet</h2>
      <p>
        Send something to port {port} of this computer, or <a href="/send">write it here</a>; it
        appears by itself.
      </p>
      {inLab() ? <SendOne /> : null}
      <div class="lessons">
        <section>
          <h3>By hand: four lines</h3>
          <Sample text={lines} what="the four lines" />
          <p class="small muted">
            <code>nc localhost {port}</code>, then these; the letter follows, and a dot alone ends
            it.
          </p>
        </section>
        <section>
          <h3>With curl</h3>
          <Sample text={curl} what="the curl command" />
        </section>
        <section>
          <h3>With Nodemailer</h3>
          <Sample text={nodemailer} what="the Nodemailer example" />
        </section>
      </div>
    </Empty>
  )
}

/** In the lab the page can send a letter itself. */
function SendOne() {
  const [problem, setProblem] = useState<Problem | undefined>(undefined)
  const [sending, setSending] = useState(false)
  const send = async (): Promise<void> => {
    setSending(true)
    setProblem(undefined)
    try {
      await ask('/v1/lab/situations/hello', { method: 'POST', body: {} })
    } catch (error) {
      setProblem(asProblem(error))
    }
    setSending(false)
  }
  return (
    <>
      <p>
        <button type="button" class="first" disabled={sending} onClick={() => void send()}>
          Send me one
        </button>{' '}
        <span class="muted" role="status">
          {sending ? 'On its way …' : ''}
        </span>
      </p>
      {problem === undefined ? null : <ProblemNotice problem={problem} />}
    </>
  )
}
