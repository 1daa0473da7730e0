// Stands in for @vscode/native-watchdog: the tests end the server's process group themselves.
exports.start = () => {};
exports.exit = (code) => process.exit(code || 0);
