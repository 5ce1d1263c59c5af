import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { ask, asProblem } from '../api/ask.ts'
import { fieldsOf } from '../parts/fields.ts'
import { ProblemNotice } from '../parts/notice.tsx'
import { query, stay, withQuery } from '../shell/route.ts'
import type { Journey, Problem } from '../types.ts'
import { type Asked, type DnsChange, DnsChanges, dnsOf } from './what-if-dns.tsx'
import { Outcome, type Replay } from './what-if-outcome.tsx'

/** Asks what would have been: offline, from what is recorded, with something changed. */
export function WhatIf({ journey }: { readonly journey: Journey }) {
  const { envelope, replay } = journey
  const title = useRef<HTMLHeadingElement>(null)
  const [problem, setProblem] = useState<Problem | undefined>(undefined)
  const [result, setResult] = useState<Replay | undefined>(undefined)
  const [dns, setDns] = useState<readonly DnsChange[]>([])
  const answers = dnsOf(journey)
  const wanted = query.value.get('dns')
  useLayoutEffect(() => title.current?.focus(), [])
  useEffect(() => {
    const asked = answers.find(({ name, type }) => `${name} ${type}` === wanted)
    if (asked === undefined) return
    setDns((present) => (present.some((one) => isFor(one, asked)) ? present : [...present, asked]))
  }, [wanted])
  const decide = async (event: SubmitEvent): Promise<void> => {
    const field = fieldsOf(event)
    const changed = (name: string, was: string | null): Readonly<Record<string, string>> => {
      const value = field(name)
      return value === (was ?? '') ? {} : { [name]: value }
    }
    const overrides = {
      ...changed('ip', envelope.ip),
      ...changed('helo', envelope.helo),
      ...changed('mail_from', envelope.mail_from),
      ...changed('from', ''),
      ...changed('at', replay.clock),
      ...(field('body') === '' ? {} : { body: 'one-letter' }),
      ...(dns.length === 0
        ? {}
        : {
            dns: dns.flatMap(valuesOf),
          }),
    }
    setProblem(undefined)
    try {
      setResult(await ask('/v1/replays', { method: 'POST', body: { id: journey.id, overrides } }))
    } catch (error) {
      setResult(undefined)
      setProblem(asProblem(error))
    }
  }
  const close = (): void => stay(withQuery({ 'what-if': null, dns: null }))
  return (
    <aside
      class="drawer"
      aria-labelledby="what-if-title"
      onKeyDown={(event) => {
        if (event.key === 'Escape') close()
      }}
    >
      <div class="drawer-head">
        <h2 id="what-if-title" tabIndex={-1} ref={title}>
          What if …
        </h2>
        <button type="button" class="quiet" onClick={close}>
          Close
        </button>
      </div>
      <p class="small muted">Decided again from what is recorded. Nothing is asked or sent.</p>
      <form class="stack" onSubmit={(event) => void decide(event)}>
        <Field name="ip" label="it had come from this address" value={envelope.ip} />
        <Field name="helo" label="the client had called itself" value={envelope.helo} />
        <Field name="mail_from" label="the sender had been" value={envelope.mail_from} />
        <Field name="from" label="From had said" value="" hint={journey.author ?? ''} />
        <Field name="at" label="it had been at this time" value={replay.clock ?? ''} />
        <label class="choice">
          <input type="checkbox" name="body" value="one-letter" /> one letter of the body were
          another
        </label>
        <DnsChanges answers={answers} changes={dns} change={setDns} />
        <p>
          <button type="submit" class="first">
            Decide again
          </button>
        </p>
      </form>
      {problem === undefined ? null : <ProblemNotice problem={problem} />}
      {result === undefined ? null : <Outcome replay={result} />}
    </aside>
  )
}

interface Said {
  readonly name: string
  readonly type: string
  readonly value: string | null
}

/** Each line of a change is a record; none at all: no such record. */
function valuesOf({ name, type, value }: DnsChange): readonly Said[] {
  const lines = value.split('\n').filter((line) => line.trim() !== '')
  if (lines.length === 0) return [{ name, type, value: null }]
  return lines.map((line) => ({ name, type, value: line.trim() }))
}

function isFor(one: DnsChange, asked: Asked): boolean {
  return one.name === asked.name && one.type === asked.type
}

function Field(props: {
  readonly name: string
  readonly label: string
  readonly value: string
  readonly hint?: string
}) {
  return (
    <label>
      {props.label}
      <input
        name={props.name}
        defaultValue={props.value}
        placeholder={props.hint}
        autocomplete="off"
        spellcheck={false}
        autocapitalize="off"
      />
    </label>
  )
}
