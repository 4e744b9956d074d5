"""Runs a command and writes what it took: measure.py <result.json> <command> [argument …]

A small process of its own, because Linux hands a process's memory at exec on to what it becomes as its peak.
"""
import json
import os
import resource
import subprocess
import sys
import time

result, *command = sys.argv[1:]
begun = time.monotonic()
code = subprocess.run(command, check=False).returncode
wall = time.monotonic() - begun
# the client and those of its children that it waited for
used = resource.getrusage(resource.RUSAGE_CHILDREN)
with open(f'{result}.draft', 'w', encoding='utf-8') as file:
    json.dump(
        {'code': code, 'wall': wall, 'user': used.ru_utime, 'system': used.ru_stime, 'rss': used.ru_maxrss * 1024}, file
    )
os.rename(f'{result}.draft', result)
