/** Before the key of a submission that its content alone recognises. */
export const FINGERPRINT_KEY = 'fp:'
