import { createHash } from 'node:crypto'
import { badFrame, OctetReader, octets, u32, u8 } from './octets.ts'
import { sameSecret } from '../../../core/util/same-secret.ts'
import { shanghaiDigits } from '../../../core/util/shanghai.ts'

/** MMDDHHMMSS of Asia/Shanghai, as the number that CONNECT carries. */
export function timestampOf(at: number): number {
  return Number(shanghaiDigits(at).slice(4))
}

/** AuthenticatorSource: MD5(SP_Id ‖ 9 × NUL ‖ secret ‖ timestamp in ten digits); QB-GF-028-2003, 8.4.1.1. */
export function authenticatorSource(account: string, secret: string, timestamp: number): Buffer {
  return createHash('md5')
    .update(account, 'latin1')
    .update(Buffer.alloc(9))
    .update(secret, 'latin1')
    .update(String(timestamp).padStart(10, '0'), 'latin1')
    .digest()
}

export interface Connect {
  readonly account: string
  /** 16 bytes */
  readonly authenticator: Buffer
  readonly version: number
  readonly timestamp: number
}

export function writeConnect({ account, authenticator, version, timestamp }: Connect): Buffer {
  return Buffer.concat([octets('Source_Addr', account, 6), authenticator, u8(version), u32(timestamp)])
}

export interface ConnectAnswer {
  /** 0 ok, 1 structure, 2 source, 3 authentication, 4 version too high, 5 … other */
  readonly status: number
  readonly authenticator: Buffer
  readonly version: number
}

/** The status has one byte in 2.x and four in 3.0; a centre that refuses our version answers in its own. */
export function readConnectAnswer(body: Buffer): ConnectAnswer {
  if (body.length !== 18 && body.length !== 21) throw badFrame(`CONNECT_RESP: ${12 + body.length} bytes, not 30 or 33`)
  const reader = new OctetReader(body, 'CONNECT_RESP')
  return {
    status: body.length === 18 ? reader.u8() : reader.u32(),
    authenticator: reader.bytes(16),
    version: reader.u8(),
  }
}

/**
 * AuthenticatorISMG: MD5(Status ‖ AuthenticatorSource ‖ secret); QB-GF-028-2003, 8.4.1.2. There are centres that hash
 * four bytes of status where they send one (2.x), and the other way round: only who knows the secret makes either.
 */
export function isCentre(answer: ConnectAnswer, authenticator: Buffer, secret: string): boolean {
  return [u8(answer.status), u32(answer.status)].some((status) =>
    sameSecret(
      createHash('md5').update(status).update(authenticator).update(secret, 'latin1').digest(),
      answer.authenticator,
    ),
  )
}

/** Why a login was refused, in words. */
export function statusText(status: number): string {
  return (
    ['正确 ok', '消息结构错 structure', '源地址错 account or address', '认证错 secret or clock', '版本太高 version'][
      status
    ] ?? '其他错误 other'
  )
}
