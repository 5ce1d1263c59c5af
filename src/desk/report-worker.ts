/** The thread that reads the reports that others sent, beside the work of the server. */
import { workerData } from 'node:worker_threads'
import { reportFilesIn } from '../io/report-files.ts'
import { doTasks } from '../io/work-loop.ts'
import { doReportTask, type ReportAnswer, type ReportTask } from './report-work.ts'

const files = reportFilesIn(workerData)
doTasks<ReportTask, ReportAnswer>((task) => doReportTask(files, task))
