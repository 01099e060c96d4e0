/* Node-RED's dialog says the same of every login that is refused: here it says what the station said, such as until when to wait. */
;(() => {
  const { $ } = window
  let usual
  $(document).on('ajaxError', (_event, answer, { url }) => {
    if (!/(?:^|\/)auth\/token$/.test(url)) return
    const message = $('#node-dialog-login-failed')
    usual ??= message.text()
    message.text(answer.responseJSON?.error_description ?? usual).show()
  })
})()
