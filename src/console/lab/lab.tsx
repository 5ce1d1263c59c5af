import { useEffect } from 'preact/hooks'
import { inLab } from '../shell/session.ts'
import { LabClock } from './clock.tsx'
import { Faults } from './faults.tsx'
import { Situations } from './situations.tsx'
import { Zones } from './zones.tsx'

/** What one can try where nothing is real; in catch mode, the faults alone. */
export function LabPage() {
  const lab = inLab()
  useEffect(() => {
    document.title = `${lab ? 'Lab' : 'Faults'} · Waybill`
  }, [lab])
  if (!lab) {
    return (
      <>
        <h1>Faults</h1>
        <Faults at="/v1/catch/faults" />
      </>
    )
  }
  return (
    <>
      <h1>Lab</h1>
      <Situations />
      <LabClock />
      <Faults at="/v1/lab/faults" />
      <Zones />
    </>
  )
}
