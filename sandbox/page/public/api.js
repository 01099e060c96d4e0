/** The sandbox's server. Every answer of an action is {status, answer | code+text | why}; errors throw with their text. */
async function ask(method, path, body) {
  const response = await fetch(`/api/${path}`, {
    method,
    ...(body === undefined ? {} : { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
  })
  const answer = await response.json()
  if (!response.ok) throw new Error(answer.error ?? response.statusText)
  return answer
}

const unitPath = (unit, action) => `units/${encodeURIComponent(unit)}${action === undefined ? '' : `/${action}`}`

export const api = {
  city: () => ask('GET', 'city'),
  desk: (unit) => ask('GET', unitPath(unit)),
  send: (unit, form) => ask('POST', unitPath(unit, 'send'), form),
  sign: (unit, id) => ask('POST', unitPath(unit, 'sign'), { id }),
  return: (unit, id, reason) => ask('POST', unitPath(unit, 'return'), { id, reason }),
  reply: (unit, id, { text, result }) =>
    ask('POST', unitPath(unit, 'reply'), { id, text, ...(result === '' ? {} : { result }) }),
  withdraw: (unit, key, reason) => ask('POST', unitPath(unit, 'withdraw'), { key, reason }),
  switch: (plant, on) => ask('POST', `plants/${encodeURIComponent(plant)}/switch`, { on }),

  systems: () => ask('GET', 'systems'),
  mode: (system, mode) => ask('POST', `systems/${encodeURIComponent(system)}/mode`, { mode }),
  portal: () => ask('GET', 'portal'),
  phones: () => ask('GET', 'sms'),
  phone: (number) => ask('GET', `sms/${encodeURIComponent(number)}`),
  write: (number, text) => ask('POST', `sms/${encodeURIComponent(number)}/write`, { text }),
  mail: () => ask('GET', 'mail'),
  archive: () => ask('GET', 'archive'),
  batch: (batch) => ask('GET', `archive/${encodeURIComponent(batch)}`),
  refuseBatch: (position, reason) => ask('POST', 'archive/refuse', { position, reason }),
  directory: () => ask('GET', 'directory'),
  directoryAct: (action, body) => ask('POST', `directory/${action}`, body),
}

/** What an action's answer says, for a toast or a form. */
export function tell(outcome, done) {
  if (outcome.status === 'acknowledged') return { ok: true, text: done(outcome.answer) }
  if (outcome.status === 'refused') return { ok: false, text: `拒收 ${outcome.code}：${outcome.text}` }
  return { ok: false, text: `无应答 No answer：${outcome.why}` }
}
