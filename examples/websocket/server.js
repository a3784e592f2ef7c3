// The chat room of this example: what one says, one hears again. Needs the package `ws`.
//   NODE_PATH=/usr/share/nodejs nodejs examples/websocket/server.js [PORT]
'use strict';
const { WebSocketServer } = require('ws');

const room = new WebSocketServer({
  host: '127.0.0.1',
  port: Number(process.argv[2] || 8081),
  handleProtocols: (offered) => (offered.has('chat.v1') ? 'chat.v1' : false),
});
room.on('connection', (socket) => {
  socket.on('message', (data, binary) => socket.send(data, { binary }));
});
room.on('listening', () => console.log(`http://127.0.0.1:${room.address().port}`));
process.on('SIGTERM', () => process.exit(0));
