"""A client written from docs/protocol.md and docs/topics/attention.md alone: what each frame does to what is shown.

`stale` names the parts of which events alone no longer tell: the client has to load them anew. Of those in `too_many`
some rows may have to go, the others are right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from copy import deepcopy
from typing import TypeAlias, cast

from server.domain.words import JsonObject, UserId
from tests.contracts.screens import View

Rows: TypeAlias = list[JsonObject]

RELOADS = {
    "follow.changed": {"stream", "unseen"},
    "record.locked": {"unseen", "notifications_unread"},
    "record.removed": {"unseen", "notifications_unread"},
    "settings.changed": {"portal"},
    "record.unlocked": {
        "stream",
        "activities",
        "record",
        "followers",
        "notifications",
        "notifications_unread",
        "me",
        "unseen",
    },
}
"""Which parts an event leaves open, by its name; of `reset` it is all of them."""


class Client:
    """One view of one user, from a snapshot on."""

    def __init__(self, user: UserId, view: View, snapshot: JsonObject) -> None:
        self.user = user
        self.view = view
        self.shown = deepcopy(snapshot)
        self.stale: set[str] = set()
        self.too_many: set[str] = set()
        self.position = cast(int, self._part("stream")["position"])

    def take(self, frame: JsonObject) -> None:
        """A frame of the service."""
        if frame["type"] == "reset":
            self.stale |= set(self.shown)
        if frame["type"] != "event" or cast(int, frame["position"]) <= self.position:
            return
        self.position = cast(int, frame["position"])
        name, data = str(frame["name"]), cast(JsonObject, frame["data"])
        self.stale |= RELOADS.get(name, set()) & set(self.shown)
        EVENTS[name](self, data, frame)

    # Entries

    def whole(self, data: JsonObject, frame: JsonObject) -> None:
        """An entry as it is now."""
        entry = cast(JsonObject, data["entry"])
        self._see(entry, frame)
        old = self._entry(entry["id"])
        rows = [row for row in self._entries() if row["id"] != entry["id"]]
        if frame.get("matches") is not False and self._belongs(entry, frame):
            mark = {"unread": True} if old and old.get("unread") else {}
            rows.append({**entry, "mine": frame["mine"], **mark})
        order = "bumped" if self.view.record is None else "added"
        self._part("stream")["entries"] = sorted(rows, key=lambda row: -cast(int, row[order]))

    def _belongs(self, entry: JsonObject, frame: JsonObject) -> bool:
        if self.view.record is not None:
            return any(ref.get("record") == self.view.record for ref in cast(Rows, entry["records"]))
        return not entry["folded"] and (self.view.name == "all" or bool(frame["mine"]))

    def entry_removed(self, data: JsonObject, _: JsonObject) -> None:
        """It is gone, or no longer to be seen."""
        self._part("stream")["entries"] = [row for row in self._entries() if row["id"] != data["entry"]]
        self._unsee(cast(int, data["entry"]))

    def comments(self, data: JsonObject, _: JsonObject) -> None:
        """Another number of comments, or other last ones."""
        if entry := self._entry(data["entry"]):
            entry["comments"] = data["comments"]

    def reactions(self, data: JsonObject, _: JsonObject) -> None:
        """All reactions of an entry."""
        if entry := self._entry(data["entry"]):
            entry["reactions"] = data["reactions"]

    # Records

    def record_changed(self, data: JsonObject, _: JsonObject) -> None:
        """A record under its new name, wherever it stands."""
        record = cast(JsonObject, data["record"])
        responsible = cast("JsonObject | None", record.get("responsible"))
        label = {"title": record.get("title"), "responsible": responsible and responsible["user"]}
        self._rewrite(lambda one: {**one, **label} if _is_ref(one, record.get("record")) else one)
        shown = cast("JsonObject | None", self.shown.get("record"))
        if shown and shown["record"] == record.get("record"):
            if shown["responsible"] != record["responsible"]:
                self.stale |= {"followers", "record"}  # who may do what, and follows by right
            self.shown["record"] = {**shown, **record}

    def record_locked(self, data: JsonObject, _: JsonObject) -> None:
        """A lock in its place, whether it was closed or deleted; what stood there by it alone goes."""
        gone = data.get("locked", data.get("removed"))
        lock = {"kind": data["kind"], "locked": True}
        if self.view.record == gone:
            self.shown |= {"record": None, "followers": [], "activities": []}
            self._part("stream")["entries"] = []
        if me := self._own():
            cast(JsonObject, me["follows"]).pop(str(gone), None)
        self.too_many |= {"notifications"} & set(self.shown)
        before = deepcopy(self._entries())
        self._rewrite(lambda one: lock if _is_ref(one, gone, whole=True) else one)
        for old in before:
            now = self._entry(old["id"])
            if now is not None and now != old and not self._stands(now):
                self.entry_removed({"entry": now["id"]}, {})

    def _stands(self, entry: JsonObject) -> bool:
        activity = cast("JsonObject | None", entry["activity"])
        if entry["type"] != "message" and activity is None:
            return not cast(JsonObject, entry["subject"]).get("locked")
        people = [entry["author"], *cast(Rows, entry["recipients"])] if activity is None else []
        people += [activity["responsible"], activity["author"]] if activity else []
        taking_part = any(cast(JsonObject, one).get("user") == self.user for one in people if one)
        return taking_part or any(not ref.get("locked") for ref in cast(Rows, entry["records"]))

    def nothing(self, _data: JsonObject, _: JsonObject) -> None:
        """No part of these views."""

    # Activities

    def activity(self, data: JsonObject, _: JsonObject) -> None:
        """An activity as it is now."""
        new = cast(JsonObject, data["activity"])
        if entry := self._entry(new["entry"]):
            entry["activity"] = new
        if "activities" not in self.shown:
            return
        rows = [row for row in self._rows("activities") if row["id"] != new["id"]]
        if self._lists(new):
            rows.append(new)
        self.shown["activities"] = sorted(rows, key=lambda row: -cast(int, row["id"]))

    def _lists(self, activity: JsonObject) -> bool:
        if self.view.record is not None:
            return any(ref.get("record") == self.view.record for ref in cast(Rows, activity["records"]))
        return cast(JsonObject, activity["responsible"])["user"] == self.user

    def activity_removed(self, data: JsonObject, _: JsonObject) -> None:
        """It is gone, or no longer to be seen."""
        if "activities" in self.shown:
            self.shown["activities"] = [row for row in self._rows("activities") if row["id"] != data["activity"]]

    # People

    def follow(self, data: JsonObject, _: JsonObject) -> None:
        """The user's own following."""
        shown = cast("JsonObject | None", self.shown.get("record"))
        if shown and shown["record"] == data["follow"]:
            shown["following"] = data["level"]
        if me := self._own():
            follows = cast(JsonObject, me["follows"])
            follows.pop(str(data["follow"]), None)
            if data["level"]:
                follows[str(data["follow"])] = data["level"]

    def follower(self, data: JsonObject, _: JsonObject) -> None:
        """Somebody's following of a record."""
        if self.view.record != data["followed"] or not self.shown.get("record"):
            return
        person = cast(JsonObject, data["user"])
        rows = [row for row in self._rows("followers") if row["user"] != person["user"]]
        if data["level"]:
            rows.append({**person, "level": data["level"], "by_right": data["by_right"]})
        self.shown["followers"] = sorted(rows, key=lambda row: (not row["by_right"], str(row["name"])))

    def user_changed(self, data: JsonObject, _: JsonObject) -> None:
        """Somebody has another name, or I other preferences."""
        if (me := self._own()) and "preferences" in data:
            said = dict(cast(JsonObject, data["preferences"]))
            cast(JsonObject, me["notify"]).update(cast(JsonObject, said.pop("notify", {})))
            me.update(said)
        if "user" not in data:
            return
        person = cast(JsonObject, data["user"])
        self._rewrite(lambda one: {**one, "name": person["name"]} if one.get("user") == person["user"] else one)
        if (me := self._own()) and me["user"] == person["user"]:
            known = {one["department"]: one for one in cast(Rows, self._part("portal")["departments"])}
            own = known.get(person["department"])
            me |= {"name": person["name"], "email": person["email"]}
            me |= {"department": own and {key: own[key] for key in ("department", "name")}}
        if "portal" in self.shown:
            people = [one for one in cast(Rows, self._part("portal")["users"]) if one["user"] != person["user"]]
            self._part("portal")["users"] = sorted([*people, person], key=lambda one: str(one["name"]))

    def department_changed(self, data: JsonObject, _: JsonObject) -> None:
        """A department has another name or place, or is gone."""
        department = cast("JsonObject | None", data.get("department"))
        gone = data.get("removed") if department is None else department["department"]
        if department is not None:
            name = department["name"]
            self._rewrite(lambda one: {**one, "name": name} if one.get("department") == gone and "name" in one else one)
        if "portal" in self.shown:
            listed = [one for one in cast(Rows, self._part("portal")["departments"]) if one["department"] != gone]
            listed += [department] if department is not None else []
            self._part("portal")["departments"] = sorted(listed, key=lambda one: str(one["name"]))

    # Attention

    def notification(self, data: JsonObject, _: JsonObject) -> None:
        """Something for the bell."""
        if "notifications" in self.shown:
            new = cast(JsonObject, data["notification"])
            rows = [new, *(row for row in self._rows("notifications") if row["id"] != new["id"])]
            self.shown["notifications"] = sorted(rows, key=lambda row: -cast(int, row["place"]))
        self._count_unread(data)

    def notifications(self, data: JsonObject, frame: JsonObject) -> None:
        """One reads differently; or some were read, are unread again, or gone."""
        if "notification" in data:
            return self.notification(data, frame)
        ids = cast("list[int]", data["notifications"])
        if "notifications" in self.shown and data.get("removed"):
            self.shown["notifications"] = [row for row in self._rows("notifications") if row["id"] not in ids]
        for row in self._rows("notifications") if "read" in data else []:
            row["read"] = data["read"] if row["id"] in ids else row["read"]
        return self._count_unread(data)

    def _count_unread(self, data: JsonObject) -> None:
        if "notifications_unread" in self.shown:
            self.shown["notifications_unread"] = data["unread"]

    def read(self, data: JsonObject, _: JsonObject) -> None:
        """How far Mine was seen, or a mark."""
        unread = cast("JsonObject | None", data.get("unread"))
        if unread and (entry := self._entry(unread["entry"])):
            entry.pop("unread", None)
            entry |= {"unread": True} if unread["marked"] else {}
        if "seen" in data and "unseen" in self.shown:
            unseen, seen = self._part("unseen"), cast(int, data["seen"])
            unseen["seen"] = self._part("me")["seen"] = seen
            unseen["entries"] = [row for row in cast(Rows, unseen["entries"]) if cast(int, row["bumped"]) > seen]
            self._count_unseen()

    def _see(self, entry: JsonObject, frame: JsonObject) -> None:
        self._unsee(cast(int, entry["id"]))
        if "unseen" not in self.shown or not frame["mine"] or entry["folded"] or entry["bumped_by"] == self.user:
            return
        unseen = self._part("unseen")
        if cast(int, entry["bumped"]) > cast(int, unseen["seen"]):
            rows = [*cast(Rows, unseen["entries"]), {"entry": entry["id"], "bumped": entry["bumped"]}]
            unseen["entries"] = sorted(rows, key=lambda row: -cast(int, row["bumped"]))
        self._count_unseen()

    def _unsee(self, entry: int) -> None:
        if "unseen" in self.shown:
            unseen = self._part("unseen")
            unseen["entries"] = [row for row in cast(Rows, unseen["entries"]) if row["entry"] != entry]
            self._count_unseen()

    def _count_unseen(self) -> None:
        unseen = self._part("unseen")
        unseen["unseen"] = len(cast(Rows, unseen["entries"]))

    # Parts

    def _part(self, name: str) -> JsonObject:
        return cast(JsonObject, self.shown[name])

    def _own(self) -> JsonObject | None:
        return cast("JsonObject | None", self.shown.get("me"))

    def _rows(self, name: str) -> Rows:
        return cast(Rows, self.shown.get(name, []))

    def _entries(self) -> Rows:
        return cast(Rows, self._part("stream")["entries"])

    def _entry(self, id: object) -> JsonObject | None:
        return next((row for row in self._entries() if row["id"] == id), None)

    def _rewrite(self, change: Callable[[JsonObject], JsonObject]) -> None:
        """Changes every object in the lists; the directory is told of by itself."""
        for part in set(self.shown) - {"portal"}:
            self.shown[part] = _rewritten(self.shown[part], change)


def _rewritten(value: object, change: Callable[[JsonObject], JsonObject]) -> object:
    if isinstance(value, dict):
        return {key: _rewritten(item, change) for key, item in change(value).items()}
    return [_rewritten(item, change) for item in value] if isinstance(value, list) else value


def _is_ref(value: JsonObject, record: object, *, whole: bool = False) -> bool:
    """A record as it is mentioned; `whole`: or as it stands on its own."""
    return value.get("record") == record and "kind" in value and (whole or "version" not in value)


EVENTS: dict[str, Callable[[Client, JsonObject, JsonObject], None]] = {
    "entry.added": Client.whole,
    "entry.changed": Client.whole,
    "entry.removed": Client.entry_removed,
    "comment.added": Client.whole,
    "comment.changed": Client.comments,
    "comment.removed": Client.comments,
    "reaction.changed": Client.reactions,
    "record.added": Client.nothing,
    "record.changed": Client.record_changed,
    "record.removed": Client.record_locked,
    "record.locked": Client.record_locked,
    "record.unlocked": Client.nothing,
    "activity.added": Client.activity,
    "activity.changed": Client.activity,
    "activity.removed": Client.activity_removed,
    "follow.changed": Client.follow,
    "follower.changed": Client.follower,
    "user.changed": Client.user_changed,
    "department.changed": Client.department_changed,
    "settings.changed": Client.nothing,
    "notification.added": Client.notification,
    "notification.changed": Client.notifications,
    "read.changed": Client.read,
}


def differences(parts: Iterable[str], shown: object, fresh: object) -> list[str]:
    """Where two values of JSON are not the same, as paths."""
    path = ".".join(parts)
    if isinstance(shown, dict) and isinstance(fresh, dict):
        keys = sorted(shown.keys() | fresh.keys())
        return [one for key in keys for one in differences([*parts, key], shown.get(key), fresh.get(key))]
    if isinstance(shown, list) and isinstance(fresh, list) and len(shown) == len(fresh):
        return [
            one for i, (a, b) in enumerate(zip(shown, fresh, strict=True)) for one in differences([path, f"{i}"], a, b)
        ]
    return [] if shown == fresh else [f"{path}: shows {shown!r}, should show {fresh!r}"]
