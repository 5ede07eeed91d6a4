"""What waits for the socket: in order, counted, and droppable where the log has it."""

from __future__ import annotations

from server.live.outbox import BATCH, Outbox


def test_frames_leave_in_order_and_in_batches() -> None:
    outbox = Outbox()
    frames = [str(number) * (BATCH // 2) for number in range(5)]
    for position, frame in enumerate(frames):
        outbox.put_event(position, frame)

    batches = [outbox.batch() for _ in range(3)]

    assert batches == [frames[:2], frames[2:4], frames[4:]]
    assert not outbox
    assert outbox.events == 0


def test_dropping_events_keeps_answers_and_says_from_where_to_replay() -> None:
    outbox = Outbox()
    outbox.put_answer("a")
    outbox.put_event(7, "event 7")
    outbox.put_answer("b")
    outbox.put_event(9, "event 9")

    assert outbox.drop_events() == 6

    assert (outbox.events, outbox.answers) == (0, 2)
    assert outbox.batch() == ["a", "b"]
    assert outbox.drop_events() is None


def test_a_dropped_checkpoint_is_replayed_from_beyond_it() -> None:
    outbox = Outbox()
    outbox.put_checkpoint(7, "checkpoint")
    outbox.put_event(9, "event 9")

    assert outbox.drop_events() == 7
