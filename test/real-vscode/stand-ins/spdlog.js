// Stands in for @vscode/spdlog, whose native binary needs a compiler: appends log lines to the same files.
const fs = require('node:fs');
const path = require('node:path');

const levels = ['trace', 'debug', 'info', 'warn', 'error', 'critical'];

class Logger {
  constructor(_kind, _name, file) {
    this.file = file;
    this.level = levels.indexOf('info');
    this.raw = false;
    fs.mkdirSync(path.dirname(file), { recursive: true });
  }
  getLevel() {
    return this.level;
  }
  setLevel(level) {
    this.level = level;
  }
  setPattern() {
    this.raw = false;
  }
  clearFormatters() {
    this.raw = true;
  }
  flush() {}
  drop() {}
}

levels.forEach((name, level) => {
  Logger.prototype[name] = function (message) {
    if (level < this.level || !fs.existsSync(path.dirname(this.file))) return;
    const line = `${new Date().toISOString().slice(0, -1).replace('T', ' ')} [${name}] ${message}\n`;
    fs.appendFileSync(this.file, this.raw ? message : line);
  };
});

const createLogger = async (name, file) => new Logger('rotating', name, file);

// VS Code imports this from an ES module, and Node finds CommonJS names only when each is spelled out.
exports.version = 0;
exports.setLevel = () => {};
exports.setFlushOn = () => {};
exports.Logger = Logger;
exports.createRotatingLogger = createLogger;
exports.createAsyncRotatingLogger = createLogger;
