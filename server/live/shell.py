"""What a session asks of the shell around it, because it has to be waited for."""

from __future__ import annotations

from enum import Enum, auto
from typing import Protocol, TypeAlias

from server.live.protocol import Call, Claim, Resume, Typing, Viewing
from server.live.sequencer import Hole


class Task(Enum):
    """What the shell has to do, beside reading holes."""

    RENEW = auto()
    """The user's rights are to be read again, then `renewed`."""
    PROLONG = auto()
    """The login has ended as far as is known: its end is to be read again, then `prolonged`."""
    GO_ON = auto()
    """To call `work` again, after others had their turn."""


Work: TypeAlias = Task | Hole
"""A Hole is to be read from the log, and given to the hub's ring; then `work` again."""

Effect: TypeAlias = Call | Resume | Viewing | Typing | Claim
"""What an op asks of the shell: to perform a call, to look how far the log is and `start`, or to let others see it."""


class Shell(Protocol):
    """What does for a session what has to be waited for."""

    def wake(self) -> None:
        """There may be `work`."""

    def failed(self, error: Exception) -> None:
        """The wire cannot be written to, for no good reason."""
