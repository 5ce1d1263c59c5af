import { useState } from 'preact/hooks'
import { ask, asProblem } from '../api/ask.ts'
import { useResource } from '../api/resource.ts'
import { fieldsOf } from '../parts/fields.ts'
import { ProblemNotice } from '../parts/notice.tsx'
import { plainly } from '../parts/plain.ts'
import type { Problem } from '../types.ts'

interface ZoneRecord {
  readonly name: string
  readonly type: string
  readonly values: readonly string[]
}

const types = ['TXT', 'A', 'AAAA', 'MX', 'PTR', 'CNAME'] as const

/** The lab's DNS, to be edited: the next letter is judged by what stands here. */
export function Zones() {
  const found = useResource<{ readonly data: readonly ZoneRecord[] }>('/v1/lab/zones')
  const [problem, setProblem] = useState<Problem | undefined>(undefined)
  const [done, setDone] = useState('')
  const put = async ({ name, type, values }: ZoneRecord): Promise<void> => {
    setProblem(undefined)
    setDone('')
    try {
      await ask('/v1/lab/zones', { method: 'PUT', body: { name, type, values } })
      setDone(`${name} ${type} is changed.`)
      found.again()
    } catch (error) {
      setProblem(asProblem(error))
    }
  }
  return (
    <section>
      <h2>DNS of the lab</h2>
      <p class="muted">One value a line; no line takes the record away.</p>
      <p role="status">{done}</p>
      {problem === undefined ? null : <ProblemNotice problem={problem} />}
      {found.problem === undefined ? null : (
        <ProblemNotice problem={found.problem} again={found.again} />
      )}
      <ul class="plain zones">
        {(found.data?.data ?? []).map((record) => (
          <li key={`${record.name} ${record.type} ${record.values.join()}`}>
            <RecordForm record={record} put={put} />
          </li>
        ))}
      </ul>
      <h3>One more</h3>
      <NewRecord put={put} />
    </section>
  )
}

function linesOf(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
}

interface FormProps {
  readonly put: (record: ZoneRecord) => Promise<void>
}

function RecordForm({ record, put }: FormProps & { readonly record: ZoneRecord }) {
  const { name, type, values } = record
  const text = values.join('\n')
  const save = (event: SubmitEvent): void => {
    void put({ name, type, values: linesOf(fieldsOf(event)('values')) })
  }
  return (
    <form class="zone" onSubmit={save}>
      <label>
        <code>
          {plainly(name)} {type}
        </code>
        <textarea
          name="values"
          rows={Math.min(6, Math.max(1, values.length))}
          defaultValue={text}
          spellcheck={false}
        />
      </label>
      <button type="submit" class="small">
        Save<span class="heard"> {name}</span>
      </button>
    </form>
  )
}

function NewRecord({ put }: FormProps) {
  const save = (event: SubmitEvent): void => {
    const field = fieldsOf(event)
    void put({ name: field('name'), type: field('type'), values: linesOf(field('values')) })
  }
  return (
    <form class="inline" onSubmit={save}>
      <label>
        Name
        <input name="name" required spellcheck={false} autocomplete="off" />
      </label>
      <label>
        Type
        <select name="type">
          {types.map((type) => (
            <option key={type}>{type}</option>
          ))}
        </select>
      </label>
      <label>
        Value
        <input name="values" required spellcheck={false} autocomplete="off" />
      </label>
      <button type="submit">Add</button>
    </form>
  )
}
