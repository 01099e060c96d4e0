export const REMINDED_PHONE = '13800000001'

/** A flow that reminds somebody of each document. */
export const REMIND = [
  { id: 'remind', type: 'tab', label: '提醒' },
  {
    id: 'remind-in',
    type: 'oa in',
    z: 'remind',
    name: '',
    subscription: 'remind',
    concurrency: 32,
    systems: [],
    kinds: ['document'],
    directions: [],
    x: 100,
    y: 40,
    wires: [['remind-who']],
  },
  {
    id: 'remind-who',
    type: 'function',
    z: 'remind',
    name: '',
    func: `msg.people = [{ name: '张某', phone: '${REMINDED_PHONE}' }]\nreturn msg`,
    outputs: 1,
    timeout: 0,
    libs: [],
    x: 250,
    y: 40,
    wires: [['remind-out']],
  },
  {
    id: 'remind-out',
    type: 'sms out',
    z: 'remind',
    name: '',
    system: '',
    people: 'people',
    text: '请签收《{document.title}》',
    event: '',
    whenNone: 'fail',
    x: 400,
    y: 40,
    wires: [[]],
  },
]

/** The centre of the sandbox as a system, for a rig. */
export function smsSystem(port: number): object {
  return {
    id: 'sms',
    name: '短信中心',
    adapter: 'sms',
    pace: { backoffMs: 100, maxBackoffMs: 500 },
    settings: {
      centre: {
        kind: 'cmpp',
        host: '127.0.0.1',
        port,
        version: '3.0',
        account: '900001',
        accessNumber: '10690001',
        link: { backoffMs: 200, maxBackoffMs: 500 },
      },
      quietHours: { windows: [] },
    },
  }
}
