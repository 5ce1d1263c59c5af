import { useState } from 'preact/hooks'
import type { Journey } from '../types.ts'
import { recordText } from './evidence.tsx'

/** A question that was asked of DNS, and what was answered; empty: no such record. */
export interface Asked {
  readonly name: string
  readonly type: string
  readonly value: string
}

/** What DNS says instead; empty: no such record. */
export type DnsChange = Asked

/** All that a journey asked of DNS, once each. */
export function dnsOf(journey: Journey): readonly Asked[] {
  const found = new Map<string, Asked>()
  for (const { name, type, data } of journey.steps.flatMap(({ evidence }) => evidence)) {
    const value = data.map(recordText).join('\n')
    if (!found.has(`${name} ${type}`)) found.set(`${name} ${type}`, { name, type, value })
  }
  return Array.from(found.values())
}

/** The answers of DNS that are to be different. */
export function DnsChanges(props: {
  readonly answers: readonly Asked[]
  readonly changes: readonly DnsChange[]
  readonly change: (changes: readonly DnsChange[]) => void
}) {
  const { answers, changes, change } = props
  const put = (at: number, changed: Partial<DnsChange>): void => {
    change(changes.map((one, index) => (index === at ? { ...one, ...changed } : one)))
  }
  return (
    <fieldset>
      <legend>DNS had said</legend>
      {changes.map((one, index) => (
        <div class="dns-change" key={index}>
          <label>
            {one.name} {one.type}
            <textarea
              rows={2}
              spellcheck={false}
              placeholder="no such record"
              value={one.value}
              onInput={(event) => put(index, { value: event.currentTarget.value })}
            />
          </label>
          <p>
            <button type="button" class="small" onClick={() => put(index, { value: '' })}>
              No such record
            </button>{' '}
            <button
              type="button"
              class="small"
              onClick={() => change(changes.filter((_, other) => other !== index))}
            >
              Leave it
            </button>
          </p>
        </div>
      ))}
      <AddRecorded
        answers={answers.filter(({ name, type }) => {
          return !changes.some((one) => one.name === name && one.type === type)
        })}
        add={(one) => change([...changes, one])}
      />
      <AddOther add={(one) => change([...changes, one])} />
    </fieldset>
  )
}

function AddRecorded(props: {
  readonly answers: readonly Asked[]
  readonly add: (one: DnsChange) => void
}) {
  return (
    <label>
      Change an answer
      <select
        value=""
        onChange={(event) => {
          const one = props.answers[Number(event.currentTarget.value)]
          if (event.currentTarget.value !== '' && one !== undefined) props.add(one)
        }}
      >
        <option value="">choose one …</option>
        {props.answers.map(({ name, type }, index) => (
          <option key={`${name} ${type}`} value={String(index)}>
            {name} {type}
          </option>
        ))}
      </select>
    </label>
  )
}

const types = ['TXT', 'A', 'AAAA', 'MX', 'PTR', 'CNAME', 'TLSA'] as const

/** A question that the record has no answer to: another address brings up another name. */
function AddOther({ add }: { readonly add: (one: DnsChange) => void }) {
  const [name, setName] = useState('')
  const [type, setType] = useState('TXT')
  return (
    <div class="dns-other">
      <label>
        or of another name
        <input
          value={name}
          spellcheck={false}
          autocomplete="off"
          placeholder="_dmarc.example.com"
          onInput={(event) => setName(event.currentTarget.value)}
        />
      </label>
      <label>
        type
        <select value={type} onChange={(event) => setType(event.currentTarget.value)}>
          {types.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
      </label>
      <button
        type="button"
        disabled={name.trim() === ''}
        onClick={() => {
          add({ name: name.trim(), type, value: '' })
          setName('')
        }}
      >
        Add
      </button>
    </div>
  )
}
