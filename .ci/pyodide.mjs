// Runs a Python script in Pyodide as an interpreter would: `node pyodide.mjs SCRIPT ARGS...`.
// The folders of this machine are mounted under their own names. Standard input is read on demand.
import { readFileSync, readSync, readdirSync, realpathSync, statSync, writeSync } from "node:fs";
import { loadPyodide } from "pyodide";

// Pyodide's own folder, and those that are not on disk. `dev/shm`, the file system in memory, is mounted by itself.
const NOT_MOUNTED = ["dev", "lib", "proc", "sys"];

const wait = new Int32Array(new SharedArrayBuffer(4));

// Repeats an operation on a pipe that fails with EAGAIN because the pipe is empty or full.
function patiently(operation) {
  for (;;) {
    try {
      return operation();
    } catch (error) {
      if (error.code === "EOF") return 0;
      if (error.code !== "EAGAIN") throw error;
      Atomics.wait(wait, 0, 0, 1);
    }
  }
}

function writer(descriptor) {
  const write = (bytes) => patiently(() => writeSync(descriptor, bytes));
  return { write, isatty: false };
}

function mountFolders(python) {
  const top = readdirSync("/").filter((name) => !NOT_MOUNTED.includes(name));
  for (const name of [...top, "dev/shm"]) {
    if (!statSync(`/${name}`, { throwIfNoEntry: false })?.isDirectory()) continue;
    python.FS.mkdirTree(`/${name}`);
    python.FS.mount(python.FS.filesystems.NODEFS, { root: `/${name}` }, `/${name}`);
  }
  python.FS.chdir(process.cwd());
}

const [script, ...args] = process.argv.slice(2);
const python = await loadPyodide({
  args: [script, ...args],
  env: { HOME: "/", PYTHONHOME: "/", ...(process.env.PYTHONPATH && { PYTHONPATH: process.env.PYTHONPATH }) },
});
python.setStdin({ read: (buffer) => patiently(() => readSync(0, buffer)), isatty: false });
python.setStdout(writer(1));
python.setStderr(writer(2));
mountFolders(python);
try {
  python.globals.set("SCRIPT", realpathSync(script));
  python.globals.set("ARGS", python.toPy([script, ...args]));
  python.runPython(`
import os, runpy, sys
sys.argv[:] = ARGS
sys.path.insert(0, os.path.dirname(SCRIPT))
try:
    runpy.run_path(SCRIPT, run_name="__main__")
finally:
    sys.stdout.flush()
`);
} catch (error) {
  const exit = /^SystemExit: ?(.*)$/m.exec(error.message);
  if (!exit) writer(2).write(new TextEncoder().encode(`${error.message}\n`));
  process.exitCode = exit ? Number(exit[1] || 0) : 1;
}
