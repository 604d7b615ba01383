"""A checkpoint that was damaged is recognised, whatever was done to it, and nothing in memory changes."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nn import MLP, Adam, CheckpointError, History, StepLR, load, save
from nn.checkpoint_file import KEY


class Training:
    """A small model in training, with numbers in everything that a checkpoint holds."""

    def __init__(self, start):
        self.model = MLP(1, [1, 1], activation="tanh")
        for i, parameter in enumerate(self.model.parameters()):
            parameter.data = start + i / 7
        self.optimizer = Adam(self.model.parameters(), lr=0.1)
        self.scheduler = StepLR(self.optimizer, step_size=2, gamma=0.5)
        for _ in range(3):
            self.optimizer.zero_grad()
            (self.model(0.5) - start).backward()
            self.optimizer.step()
            self.scheduler.step()

    def save(self, path):
        history = History(losses=[0.5, 0.25], lrs=[0.1, 0.1], times=[1.0, 1.0])
        return save(path, self.model, optimizer=self.optimizer, scheduler=self.scheduler, history=history)

    def load(self, path):
        return load(path, self.model, self.optimizer, self.scheduler)

    def load_weights(self, path):
        return load(path, self.model)

    def state(self):
        return self.model.state_dict(), self.optimizer.state_dict(), self.scheduler.state_dict()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("corruption")


@pytest.fixture(scope="module")
def whole(folder):
    return Training(1.0).save(folder / "whole.safetensors").read_bytes()


@pytest.fixture(scope="module")
def other():
    """Another training, into which the checkpoint would fit."""
    return Training(-2.0)


def refused(folder, data, other, before):
    """Loading these bytes fails in every way, with the one type of error, and leaves the other training alone."""
    path = folder / "damaged.safetensors"
    path.write_bytes(data)
    for attempt in (load, other.load, other.load_weights):
        with pytest.raises(CheckpointError, match=r"damaged\.safetensors: "):
            attempt(path)
    assert other.state() == before


def test_the_whole_file_fits(folder, whole):
    # Without this, the tests below could pass because nothing ever loads.
    path = folder / "copy.safetensors"
    path.write_bytes(whole)
    here, there = Training(1.0), Training(-2.0)
    assert there.state() != here.state()
    there.load(path)
    assert there.state() == here.state()
    checkpoint = load(path)
    assert (checkpoint.model.state_dict(), checkpoint.optimizer.state_dict()) == here.state()[:2]
    third = Training(-2.0)
    assert third.load_weights(path).model.state_dict() == here.model.state_dict()


def test_a_file_cut_off_at_any_byte(folder, whole, other):
    before = other.state()
    for end in range(len(whole)):
        refused(folder, whole[:end], other, before)


def test_any_byte_changed(folder, whole, other):
    # One bit or all: with 32 a letter changes its case, with 1 a digit its number.
    before = other.state()
    for place in range(len(whole)):
        for change in (1, 4, 32, 128, 255):
            damaged = bytearray(whole)
            damaged[place] ^= change
            refused(folder, damaged, other, before)


def test_any_byte_taken_out_or_put_in(folder, whole, other):
    before = other.state()
    for place in range(len(whole)):
        refused(folder, whole[:place] + whole[place + 1 :], other, before)
        refused(folder, whole[:place] + b"0" + whole[place:], other, before)
    refused(folder, whole + b"\0", other, before)


@given(data=st.data())
def test_any_stretch_overwritten(folder, whole, other, data):
    start = data.draw(st.integers(0, len(whole) - 1))
    damaged = bytearray(whole)
    junk = data.draw(st.binary(min_size=1, max_size=len(whole) - start))
    damaged[start : start + len(junk)] = junk
    if damaged != whole:
        refused(folder, damaged, other, other.state())


def test_another_digest_does_not_help(folder, whole, other):
    # Zeros are what stands in the digest's place while it is computed.
    header = json.loads(whole[8 : 8 + int.from_bytes(whole[:8], "little")])
    digest = json.loads(header["__metadata__"][KEY])["sha256"].encode()
    assert whole.count(digest) == 1
    for wrong in (b"0" * 64, digest.upper(), b" " * 64):
        refused(folder, whole.replace(digest, wrong), other, other.state())


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the file is empty"),
        (b"\0" * 100, "damaged, cut off, or no safetensors file"),
        (b"\xff" * 100, "damaged, cut off, or no safetensors file"),
        (b"sepal_length,sepal_width\n5.1,3.5\n", "damaged, cut off, or no safetensors file"),
        (b"\x80\x04\x95" + b"a pickle", "damaged, cut off, or no safetensors file"),
    ],
)
def test_what_is_no_checkpoint(folder, other, data, message):
    refused(folder, data, other, other.state())
    with pytest.raises(CheckpointError, match=message):
        load(folder / "damaged.safetensors")


def test_a_folder_and_no_file(tmp_path, other):
    before = other.state()
    for attempt in (load, other.load, other.load_weights):
        with pytest.raises(CheckpointError, match=r"cannot be read: Is a directory"):
            attempt(tmp_path)
        with pytest.raises(CheckpointError, match=r"no\.safetensors: cannot be read: No such file or directory"):
            attempt(tmp_path / "no.safetensors")
    assert other.state() == before
