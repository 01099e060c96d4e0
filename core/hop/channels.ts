/**
 * Channels in which the station gives back to a flow what that gave it to keep; the name is the node's subscription.
 */

export function timerChannel(name: string): string {
  return `timer:${name}`
}

export function collectChannel(name: string): string {
  return `collect:${name}`
}
