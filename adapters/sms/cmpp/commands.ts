/** Command_Id of CMPP (QB-GF-028-2003, 9.1); an answer has the highest bit set. */
export const COMMAND = {
  connect: 1,
  terminate: 2,
  submit: 4,
  deliver: 5,
  query: 6,
  cancel: 7,
  activeTest: 8,
  forward: 9,
} as const

const ANSWER = 0x8000_0000

/** The command that answers this one. */
export function answerTo(command: number): number {
  return (command | ANSWER) >>> 0
}

export function isAnswer(command: number): boolean {
  return command >= ANSWER
}

const KNOWN: ReadonlySet<number> = new Set(Object.values(COMMAND).flatMap((command) => [command, answerTo(command)]))

/** Whether it is a command of the protocol, of which we may make no use (QUERY, CANCEL, FWD). */
export function isKnown(command: number): boolean {
  return KNOWN.has(command)
}

/** 2.0 and 2.1 share their layouts; in 3.0 some fields are wider. */
export type Layout = 2 | 3

export type CmppVersion = '2.0' | '2.1' | '3.0'

/** The version byte of CONNECT: major in the high four bits, minor in the low. */
export const VERSION_BYTE: Readonly<Record<CmppVersion, number>> = { '2.0': 0x20, '2.1': 0x21, '3.0': 0x30 }

export function layoutOf(version: CmppVersion): Layout {
  return version === '3.0' ? 3 : 2
}

/** SUBMIT_RESP results (QB-GF-028-2003, 8.4.3.2). */
export const RESULT_FLOW = 8
const RESULTS: readonly string[] = [
  '正确 ok',
  '消息结构错 structure',
  '命令字错 command',
  '消息序号重复 sequence',
  '消息长度错 length',
  '资费代码错 fee code',
  '超过最大信息长 too long',
  '业务代码错 service',
  '流量控制 flow',
  '本网关不负责此号码 number not served',
  '接入号错 Src_Id',
  '信息来源错 Msg_src',
  '计费号码错 fee terminal',
  '目的号码错 destination',
]

/** What a result of SUBMIT_RESP means, in words. */
export function resultText(result: number): string {
  return RESULTS[result] ?? '厂商自定 vendor’s own'
}
