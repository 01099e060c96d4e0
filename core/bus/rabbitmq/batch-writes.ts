import type { ChannelModel } from 'amqplib'
import { Duplex } from 'node:stream'

/**
 * Lets the socket write once a turn. amqplib writes each frame to the socket by itself, and those system calls were
 * two thirds of what a message cost; corked until the turn is over, all frames of a turn go out in one.
 * The socket is amqplib's own affair: where a version keeps it elsewhere, nothing happens but the old cost.
 */
export function batchWrites(model: ChannelModel): void {
  if (process.env['NOCORK']) return
  const { stream } = model.connection as { readonly stream?: unknown }
  if (!(stream instanceof Duplex)) return
  const write = stream.write.bind(stream) as (chunk: unknown) => boolean
  let corked = false
  const flush = (): void => {
    corked = false
    stream.uncork()
  }
  stream.write = (chunk: unknown) => {
    if (!corked) {
      corked = true
      stream.cork()
      process.nextTick(flush)
    }
    return write(chunk)
  }
}
