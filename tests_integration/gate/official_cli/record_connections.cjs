// Preloaded into Heroku's command line: writes down every address that it connects to
// and every process that it leaves to do so later, and lets it reach this machine only.
'use strict'
const children = require('node:child_process')
const fs = require('node:fs')
const net = require('node:net')

const note = text => fs.appendFileSync(process.env.CONNECTIONS, `${text}\n`)

const connect = net.Socket.prototype.connect
net.Socket.prototype.connect = function (...given) {
  const wanted = Array.isArray(given[0]) ? given[0][0] : given[0]
  const {host = 'localhost', path, port} = typeof wanted === 'object' ? wanted : {port: given[0], host: given[1]}
  const address = path || `${host}:${port}`
  note(address)
  if (!path && !['127.0.0.1', '::1', 'localhost'].includes(host)) {
    process.nextTick(() => this.destroy(new Error(`${address} is not of this machine`)))
    return this
  }
  return connect.apply(this, given)
}

const spawn = children.spawn
children.spawn = function (program, ...given) {
  note([program].concat(given[0]).join(' '))
  return spawn.call(this, program, ...given)
}
require('node:module').syncBuiltinESMExports()
