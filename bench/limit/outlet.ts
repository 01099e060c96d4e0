import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { MessageReader } from '../http-messages.ts'

interface Job {
  readonly request: Buffer
  readonly done: () => void
}

/** So many keep-alive connections to one receiver, one request at a time on each. Anything but a 200 throws. */
export class Outlet {
  readonly url: URL
  readonly #free: ((job: Job) => void)[] = []
  readonly #jobs: Job[] = []

  private constructor(url: URL) {
    this.url = url
  }

  static async open(url: URL, places: number): Promise<Outlet> {
    const outlet = new Outlet(url)
    for (let place = 0; place < places; place++) {
      const socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true })
      await once(socket, 'connect')
      outlet.#add(socket)
    }
    return outlet
  }

  post(request: Buffer, done: () => void): void {
    const job = { request, done }
    const send = this.#free.pop()
    if (send === undefined) this.#jobs.push(job)
    else send(job)
  }

  #add(socket: Socket): void {
    let current: Job | undefined
    const send = (job: Job): void => {
      current = job
      socket.write(job.request)
    }
    const reader = new MessageReader(({ firstLine }) => {
      if (!firstLine.startsWith('HTTP/1.1 200')) throw new Error(firstLine)
      const finished = current
      const next = this.#jobs.shift()
      if (next === undefined) this.#free.push(send)
      else send(next)
      finished?.done()
    })
    socket.on('data', (chunk) => reader.push(chunk))
    this.#free.push(send)
  }
}
