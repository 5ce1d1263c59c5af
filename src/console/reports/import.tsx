import { useState } from 'preact/hooks'
import { ask, asProblem } from '../api/ask.ts'
import { ProblemNotice } from '../parts/notice.tsx'
import { count, plainly } from '../parts/plain.ts'
import type { Problem } from '../types.ts'
import { importedText, type Kept, placeOf } from './imported.ts'

interface Failure {
  readonly name: string
  readonly problem: Problem
}

/** Reports that somebody has as files: chosen, or dropped here. */
export function ImportReports(props: { readonly kind: string; readonly changed: () => void }) {
  const { kind, changed } = props
  const [failures, setFailures] = useState<readonly Failure[]>([])
  const [kept, setKept] = useState<readonly Kept[] | undefined>(undefined)
  const [left, setLeft] = useState(0)
  const read = async (files: readonly File[]): Promise<void> => {
    setFailures([])
    setKept(undefined)
    const [all, failed]: [Kept[], Failure[]] = [[], []]
    for (const [index, file] of files.entries()) {
      setLeft(files.length - index)
      try {
        const path = `/v1/reports/${kind}?${new URLSearchParams({ name: file.name.slice(0, 300) })}`
        const answer = await ask<{ readonly data: readonly Kept[] }>(path, { method: 'POST', file })
        all.push(...answer.data)
      } catch (error) {
        failed.push({ name: file.name, problem: asProblem(error) })
      }
    }
    setLeft(0)
    setFailures(failed)
    setKept(all)
    changed()
  }
  const drop = (event: DragEvent): void => {
    event.preventDefault()
    void read(Array.from(event.dataTransfer?.files ?? []))
  }
  const choose = (event: Event): void => {
    const { currentTarget: field } = event
    if (!(field instanceof HTMLInputElement)) return
    void read(Array.from(field.files ?? [])).then(() => {
      field.value = ''
    })
  }
  const elsewhere = placeOf(kept ?? [], kind)
  return (
    <section class="card" onDragOver={(event) => event.preventDefault()} onDrop={drop}>
      <h2>Read reports from files</h2>
      <label>
        XML, JSON, gzip, zip, or the message that carries them; choose files, or drop them here{' '}
        <input type="file" multiple disabled={left > 0} onChange={choose} />
      </label>
      <p role="status">
        {left > 0
          ? `${count(left, 'file')} to read …`
          : kept === undefined
            ? ''
            : importedText(kept, failures.length)}{' '}
        {elsewhere === undefined ? null : (
          <a href={`/reports?kind=${elsewhere}`}>Show those of {elsewhere.toUpperCase()}</a>
        )}
      </p>
      {failures.map(({ name, problem }, index) => (
        <div key={index}>
          <p class="small">{plainly(name)}</p>
          <ProblemNotice problem={problem} />
        </div>
      ))}
    </section>
  )
}
