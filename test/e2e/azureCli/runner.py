"""Runs azure-cli as /usr/bin/az does, each command in a process of its own that is forked from this one.

What a command has imported is imported here as well, so that the next one has it already: starting Python and reading
azure-cli's modules is nine tenths of what a command costs. Reads one JSON list of arguments per line, answers with one
JSON object per line: {"code", "out", "err"}. Ends with its standard input.
"""

import gc
import importlib
import json
import os
import runpy
import sys

PREFIXES = ("azure.", "msal", "msrest", "requests", "cryptography", "isodate", "jmespath", "knack", "tabulate")


def load(names):
    for name in names:
        try:
            importlib.import_module(name)
        except Exception:  # A module that cannot be loaded on its own is left to the commands.
            sys.modules.pop(name, None)


def become_az(args, known, report):
    sys.argv = ["az", *args]
    code = 0
    try:
        runpy.run_module("azure.cli", run_name="__main__", alter_sys=False)
    except SystemExit as ending:
        code = ending.code if isinstance(ending.code, int) else int(ending.code is not None)
    sys.stdout.flush()
    sys.stderr.flush()
    names = [name for name in list(sys.modules) if name not in known and name.startswith(PREFIXES)]
    os.write(report, json.dumps([name for name in names if not name.endswith("__main__")]).encode())
    os._exit(code)


def read(file):
    os.lseek(file, 0, os.SEEK_SET)
    with os.fdopen(file, "rb") as stream:
        return stream.read().decode()


def run(args):
    out, err, report = (os.memfd_create(name) for name in ("out", "err", "report"))
    pid = os.fork()
    if pid == 0:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(out, 1)
        os.dup2(err, 2)
        become_az(args, set(sys.modules), report)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    answer = {"code": code, "out": read(out), "err": read(err)}
    imported = read(report)
    return answer, json.loads(imported) if imported else []


for line in sys.stdin:
    result, modules = run(json.loads(line))
    print(json.dumps(result), flush=True)
    load(modules)
    gc.freeze()
