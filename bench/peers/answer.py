"""A contender of a comparison, as answer.ts: warms up, says its version, then times as many steps as stdin asks for."""
import json
import sys
import time


def answer_timings(version, warmup, run):
    for _ in range(warmup):
        run()
    print(json.dumps({"version": version}), flush=True)
    for line in sys.stdin:
        times = []
        for _ in range(int(line)):
            start = time.perf_counter()
            run()
            times.append((time.perf_counter() - start) * 1e3)
        print(json.dumps(times), flush=True)
