"""A training that was killed goes on from its checkpoint as if nothing had happened."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest

import nn
from nn import load

from .resumable import train

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="processes are killed with SIGKILL")

ROOT = Path(nn.__file__).parents[1]
KILLS = 50


def start(path, epochs):
    command = [sys.executable, "-m", "tests.nn.resumable", str(path), str(epochs)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def written(path):
    return path.stat().st_mtime_ns if path.exists() else None


def state(saved):
    """All numbers of a training, to the last bit, but the seconds that it took."""
    history = {**saved.history.to_dict(), "times": None, "stopped": None}
    return repr(
        [saved.model.state_dict(), saved.optimizer.state_dict(), saved.scheduler.state_dict(), sorted(history.items())]
    )


def test_killed_at_50_random_moments_it_ends_bit_identical(tmp_path):
    moments = random.Random(0)
    path = tmp_path / "training.safetensors"
    epochs = [0]  # in the checkpoint, after each kill
    in_the_writing = 0
    for i in range(KILLS):
        process = start(path, 10**6)
        if i % 2:  # in full swing, however busy the machine is
            before = written(path)
            while written(path) == before and process.poll() is None:
                time.sleep(0.001)
            time.sleep(moments.uniform(0.0, 0.1))
        else:  # also while it loads, or has just begun
            time.sleep(moments.uniform(0.0, 0.05))
        process.kill()
        process.communicate()
        assert process.returncode == -signal.SIGKILL  # it was running, and would have gone on
        unfinished = list(tmp_path.glob(".*.unfinished"))
        in_the_writing += bool(unfinished)
        for file in unfinished:
            file.unlink()
        epochs.append(load(path).history.epochs if path.exists() else 0)
    assert epochs == sorted(epochs)  # nothing that was saved is lost
    assert sum(b > a for a, b in pairwise(epochs)) >= KILLS / 2
    assert 0 < in_the_writing < KILLS

    end = epochs[-1] + 5
    process = start(path, end)
    process.communicate()
    assert process.returncode == 0
    resumed, never_killed = load(path), train(end)
    assert resumed.history.epochs == end
    assert state(resumed) == state(never_killed)
    # And the comparison can tell: an epoch more, or a scheduler that forgot, is another state.
    assert state(never_killed) != state(train(end - 1))


def test_saving_does_not_change_the_training(tmp_path):
    path = tmp_path / "training.safetensors"
    assert state(train(20, path)) == state(train(20)) == state(load(path))


@pytest.mark.parametrize("part", ["optimizer", "scheduler"])
def test_every_part_of_the_state_matters(tmp_path, part):
    # If forgetting a part made no difference to this training, the test above would show little.
    path = tmp_path / "training.safetensors"
    train(10, path)
    saved = load(path)
    if part == "optimizer":
        state_dict = saved.optimizer.state_dict()
        state_dict["state"][0]["exp_avg"] = [0.0] * len(saved.optimizer.parameters)
        saved.optimizer.load_state_dict(state_dict)
    else:
        saved.scheduler.load_state_dict({**saved.scheduler.state_dict(), "num_bad_epochs": 1, "best": -1.0})
    nn.save(path, saved.model, optimizer=saved.optimizer, scheduler=saved.scheduler, history=saved.history)
    assert state(train(20, path)) != state(train(20))


KILLED_BEFORE_EACH_LINE = """
import os, signal, sys
import nn
from nn import safe_file

path = sys.argv[1]
old, new = nn.Neuron(w=[1.0], b=1.0), nn.Neuron(w=[2.0], b=2.0)

def save_and_die(k):
    def trace(frame, event, argument):
        nonlocal k
        if frame.f_code is safe_file.write_safely.__code__ and event == "line":
            k -= 1
            if k == 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace
    sys.settrace(trace)
    nn.save(path, new)
    os._exit(0)

for k in range(1, 100):
    nn.save(path, old)
    child = os.fork()
    if child == 0:
        save_and_die(k)
    killed = os.WIFSIGNALED(os.waitpid(child, 0)[1])
    print(killed, *nn.load(path).model.state_dict().values())
    for file in safe_file.Path(path).parent.glob(".*.unfinished"):
        file.unlink()
    if not killed:
        break
"""


def test_killed_before_each_line_of_the_writing(tmp_path):
    command = [sys.executable, "-c", KILLED_BEFORE_EACH_LINE, str(tmp_path / "neuron.safetensors")]
    output = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    *killed, last = output.splitlines()
    assert last == "False 2.0 2.0"  # there were no more lines
    assert len(killed) > 10
    assert killed == sorted(killed)  # the old checkpoint up to one line, from then on the new one
    assert set(killed) == {"True 1.0 1.0", "True 2.0 2.0"}
