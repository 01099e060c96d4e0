/** What we use of the npm package `smpp` 0.5.1, which has no types of its own. */
declare module 'smpp' {
  import type { EventEmitter } from 'node:events'
  import type { Server as NetServer, Socket } from 'node:net'

  /** short_message as decoded: text for encodings that the library knows, else bytes; header elements cut apart */
  interface ShortMessage {
    readonly udh?: readonly Buffer[]
    readonly message: string | Buffer
  }

  interface Pdu {
    readonly command: string
    readonly command_status: number
    readonly sequence_number: number
    /** the body, present as far as the command has it and the status is 0 */
    readonly message_id?: string
    readonly source_addr?: string
    readonly destination_addr?: string
    readonly esm_class?: number
    readonly data_coding?: number
    readonly registered_delivery?: number
    readonly short_message?: ShortMessage
    readonly message_payload?: ShortMessage
    readonly receipted_message_id?: string
    readonly message_state?: number
    readonly sar_msg_ref_num?: number
    readonly sar_total_segments?: number
    readonly sar_segment_seqnum?: number
    readonly system_id?: string
    readonly password?: string
    response(fields?: Readonly<Record<string, unknown>>): Pdu
    isResponse(): boolean
  }

  class Session extends EventEmitter {
    readonly socket: Socket
    /** @returns false when nothing could be written; the callback then never comes */
    send(pdu: Pdu, answered?: (answer: Pdu) => void): boolean
    close(closed?: () => void): void
    destroy(closed?: () => void): void
  }

  /** one alphabet, both ways */
  interface Encoding {
    encode(text: string): Buffer
    decode(bytes: Buffer): string
  }

  class Server extends NetServer {
    readonly sessions: Session[]
  }

  export type { Pdu, Session, Server }

  const smpp: {
    /**
     * ASCII is the GSM 7-bit alphabet; `default` names what data_coding 0 is decoded by, one that is none leaves bytes
     */
    readonly encodings: { readonly ASCII: Encoding; default: string }
    readonly PDU: new (command: string, fields?: Readonly<Record<string, unknown>>) => Pdu
    connect(options: { readonly host: string; readonly port: number } | { readonly socket: Socket }): Session
    createServer(session: (session: Session) => void): Server
  }
  export default smpp
}
