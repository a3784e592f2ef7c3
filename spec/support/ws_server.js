// A WebSocket server for the specs: npm's `ws` where a server does as it should, bytes written by
// hand where it must not. Says where it listens; ends with SIGTERM.
//   nodejs ws_server.js [CERTIFICATE KEY]
'use strict';
const crypto = require('crypto');
const fs = require('fs');
const http = require('http');
const https = require('https');
const { WebSocketServer } = require('ws');

const [certificate, key] = process.argv.slice(2);
const closes = []; // what the clients' close frames said, in their order
let open = 0;

const wss = new WebSocketServer({
  noServer: true,
  handleProtocols: (offered) => (offered.has('chat.v2') ? 'chat.v2' : false),
});

// What a good server does once it is open, by path.
const GOOD = {
  '/echo': (socket) => socket.on('message', (data, binary) => socket.send(data, { binary })),
  '/headers': (socket, query, request) => socket.send(JSON.stringify(request.headers)),
  '/push': (socket, query) => {
    for (let i = 1; i <= Number(query.get('n')); i++) socket.send(String(i));
    if (query.get('close')) socket.close(Number(query.get('close')), query.get('reason') || '');
  },
  '/fragments': (socket) => {
    socket.send('frag', { fin: false });
    socket.ping('amid');
    socket.send('mented', { fin: true });
  },
  '/pong': (socket) => {
    socket.on('pong', (data) => socket.send('pong ' + data));
    socket.ping('are you there');
  },
};

wss.on('connection', (socket, request, url) => {
  open++;
  socket.on('close', (code, reason) => {
    open--;
    closes.push([url.pathname, code, String(reason)]);
  });
  socket.on('error', () => {});
  GOOD[url.pathname](socket, url.searchParams, request);
});

function head(request, accept) {
  const digest = crypto.createHash('sha1')
    .update(request.headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11')
    .digest('base64');
  return 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
    `Sec-WebSocket-Accept: ${accept || digest}\r\n`;
}

// The code of the client's close frame, if these bytes end with one.
function closeCode(bytes) {
  const at = bytes.length - 8;
  if (at < 0 || bytes[at] !== 0x88 || bytes[at + 1] !== 0x82) return null;
  const mask = bytes.subarray(at + 2, at + 6);
  return ((bytes[at + 6] ^ mask[0]) << 8) | (bytes[at + 7] ^ mask[1]);
}

// What a bad one does, by path.
const BAD = {
  // The bytes of `hex` after a good handshake; then it waits, closes or resets.
  '/raw': (socket, query, request) => {
    const bytes = Buffer.from(query.get('hex') || '', 'hex');
    const early = query.get('early');
    socket.write(Buffer.concat([Buffer.from(head(request) + '\r\n'), early ? bytes : Buffer.alloc(0)]));
    if (!early && bytes.length) setTimeout(() => socket.write(bytes), 20);
    socket.on('data', (data) => {
      const code = closeCode(data);
      if (code) closes.push([query.get('id') || '/raw', code, '']);
    });
    const then = query.get('then');
    if (then === 'close') setTimeout(() => socket.end(), 60);
    if (then === 'reset') setTimeout(() => socket.resetAndDestroy(), 60);
  },
  '/drip': (socket, query, request) => {
    const bytes = Buffer.concat([Buffer.from(head(request) + '\r\n'),
      Buffer.from(query.get('hex'), 'hex')]);
    let i = 0;
    const timer = setInterval(() => {
      if (i === bytes.length || socket.destroyed) return clearInterval(timer);
      socket.write(bytes.subarray(i, ++i));
    }, 1);
  },
  '/answer': (socket, query, request) => {
    socket.end(head(request, query.get('accept')) + (query.get('line') || '') + '\r\n');
  },
  '/status': (socket, query) => {
    socket.end(`HTTP/1.1 ${query.get('code')} No\r\nContent-Length: 4\r\nLocation: /echo\r\n\r\nsorry`);
  },
  '/deaf': (socket, query, request) => {
    socket.write(head(request) + '\r\n');
    socket.pause();
  },
  '/silent': () => {},
  '/hangup': (socket) => socket.destroy(),
};

function onRequest(request, response) {
  const url = new URL(request.url, 'http://x');
  if (url.pathname === '/closes') {
    response.end(JSON.stringify({ open, closes }));
    if (url.searchParams.get('forget')) closes.length = 0;
  } else if (url.pathname === '/login') {
    response.setHeader('Set-Cookie', 'session=abc; Path=/');
    response.end('hello');
  } else {
    response.end('hello');
  }
}

function onUpgrade(request, socket, early) {
  const url = new URL(request.url, 'http://x');
  socket.on('error', () => {});
  if (BAD[url.pathname]) {
    BAD[url.pathname](socket, url.searchParams, request);
  } else if (GOOD[url.pathname]) {
    wss.handleUpgrade(request, socket, early, (ws) => wss.emit('connection', ws, request, url));
  } else {
    socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n');
  }
}

const server = certificate
  ? https.createServer({ cert: fs.readFileSync(certificate), key: fs.readFileSync(key) }, onRequest)
  : http.createServer(onRequest);
server.on('upgrade', onUpgrade);
server.listen(0, '127.0.0.1', () => {
  const scheme = certificate ? 'https' : 'http';
  console.log(`${scheme}://127.0.0.1:${server.address().port}`);
});
process.on('SIGTERM', () => process.exit(0));
