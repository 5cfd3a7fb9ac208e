"""A loop in Python with pymodbus and onnxruntime, as most integrators write it.

pymodbus-loop.py TASK.json tuned|untuned

Both judge alike. `untuned` is what the first page of each library's manual gives. `tuned`: one
thread without spinning, only the output that is used, TCP_NODELAY, polls at fixed times, a row that
is allocated once, no garbage collection of what never is garbage.
"""

import gc
import json
import math
import socket
import sys
import time

import numpy as np
import onnxruntime as ort
from pymodbus.client import ModbusTcpClient

with open(sys.argv[1], encoding="utf-8") as file:
    task = json.load(file)
tuned = sys.argv[2] == "tuned"

options = ort.SessionOptions()
if tuned:
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
session = ort.InferenceSession(task["model"], options, providers=["CPUExecutionProvider"])
outputs = [output.name for output in session.get_outputs()]
wanted = [task["output"]] if tuned else None
column = (wanted or outputs).index(task["output"])
row = np.empty((1, len(task["features"])), dtype=np.float32)


def value_of(signal, words):
    raw = words[signal["at"]]
    if signal["type"] == "int16" and raw > 0x7FFF:
        raw -= 0x10000
    if raw in signal["sentinels"]:
        return None
    value = raw / signal["divisor"]
    return value if signal["low"] <= value <= signal["high"] else None


def predict(values):
    if tuned:
        row[0] = values
        inputs = row
    else:
        inputs = np.array([values], dtype=np.float32)
    chances = session.run(wanted, {task["input"]: inputs})[column]
    return chances[0][task["defectColumn"]]


def is_defect(words):
    values = [value_of(signal, words) for signal in task["signals"]]
    if any(values[skip["signal"]] == skip["equals"] for skip in task["skips"]):
        return False
    for limit in task["limits"]:
        value = values[limit["signal"]]
        if value is None:
            continue
        if limit["low"] is not None and value < limit["low"]:
            return True
        if limit["high"] is not None and value > limit["high"]:
            return True
    features = []
    for feature in task["features"]:
        value = values[feature["signal"]]
        if value is None and feature["missing"] == "refuse":
            return False
        features.append(math.nan if value is None else value)
    return predict(features) >= task["threshold"]


def connect(port):
    client = ModbusTcpClient("127.0.0.1", port=port)
    if not client.connect():
        raise SystemExit(f"no connection to port {port}")
    if tuned:
        client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return client


clients = [connect(machine["port"]) for machine in task["machines"]]
last = [None] * len(clients)
every = task["everyMs"] / 1000
if tuned:
    gc.collect()
    gc.freeze()

due = time.monotonic()
while True:
    for i, client in enumerate(clients):
        reply = client.read_holding_registers(task["address"], count=task["count"], device_id=1)
        if reply.isError():
            raise SystemExit(f"read: {reply}")
        words = reply.registers
        changed = last[i] is not None and last[i] != words[0]
        last[i] = words[0]
        if changed and is_defect(words):
            written = client.write_coil(task["coil"], True, device_id=1)
            if written.isError():
                raise SystemExit(f"write: {written}")
    if tuned:
        due = max(due + every, time.monotonic())
        time.sleep(max(0.0, due - time.monotonic()))
    else:
        time.sleep(every)
