"""Admission: a full house says when to come back, and counts rightly whatever becomes of a handshake."""

from __future__ import annotations

import resource

import pytest

from server.errors import Unavailable
from server.live.admission import RETRY_AFTER, Admission, room_for_clients


def test_so_many_handshakes_at_once_and_no_more() -> None:
    admission = Admission(clients_max=100, pending_max=2)
    with admission.enter(clients=0), admission.enter(clients=0):
        with pytest.raises(Unavailable) as refused, admission.enter(clients=0):
            pass

        assert RETRY_AFTER[0] <= int(str(refused.value.params["retry_after"])) <= RETRY_AFTER[1]
    with admission.enter(clients=0):
        assert admission.pending == 1


def test_those_who_are_entering_count_as_clients() -> None:
    admission = Admission(clients_max=10)
    with admission.enter(clients=8), admission.enter(clients=8):
        with pytest.raises(Unavailable), admission.enter(clients=8):
            pass

        assert admission.refused == 1


def test_a_handshake_that_fails_is_one_less() -> None:
    admission = Admission(clients_max=10)
    with pytest.raises(OSError, match="gone"), admission.enter(clients=0):
        raise OSError("gone")

    assert admission.pending == 0


def test_a_process_takes_all_the_file_descriptors_it_may_have() -> None:
    room = room_for_clients()

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert soft == hard
    assert 0 < room <= max(hard, 1 << 20)
