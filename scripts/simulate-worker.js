// One thread of `npm run simulate`: plays the seeds that it is given, one after the other.
import {parentPort, workerData} from 'node:worker_threads'

const {play} = await import(workerData)

parentPort.on('message', (task) => {
  void play(task).then(
    (verdict) => parentPort.postMessage(verdict),
    (error) => {
      throw new Error(`seed ${task.seed} of ${task.scenario}: ${error.stack}`)
    },
  )
})
