"""Rows as the JSON that clients see: one shape per noun, the same in every answer and event, never for one reader.

What a reader may not read is taken out afterwards, by `domain.events.mask`.
"""

from server.store.shapes.activities import shape_activities
from server.store.shapes.comments import shape_comments
from server.store.shapes.entries import shape_entries
from server.store.shapes.names import Names
from server.store.shapes.records import shape_records

__all__ = ["Names", "shape_activities", "shape_comments", "shape_entries", "shape_records"]
