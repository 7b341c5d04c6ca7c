// Node-RED as a peer of scripts/bench-peers: no editor, a user and password for what is posted, TLS where
// there is a certificate. What differs from run to run stands in peer.json of its folder.
const fs = require('fs');
const path = require('path');
const peer = JSON.parse(fs.readFileSync(path.join(__dirname, 'peer.json')));

module.exports = {
	uiHost: '127.0.0.1',
	uiPort: peer.port,
	https: peer.tls ? { key: fs.readFileSync(peer.key), cert: fs.readFileSync(peer.cert) } : undefined,
	httpNodeAuth: { user: peer.user, pass: peer.hash },
	httpAdminRoot: false,
	apiMaxLength: '5mb',
	telemetry: { enabled: false, updateNotification: false },
	logging: { console: { level: 'warn', metrics: false, audit: false } },
};
