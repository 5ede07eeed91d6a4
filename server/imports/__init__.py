"""CSV files of other CRMs, read by a mapping file and written in bulk (PRODUCT §15, docs/howto/import.md).

`running` `previews` the way of an import, and its first rows beforehand · `tasks` the files in order · `mapping` what a
column means · `table` a file as numbered rows · `cells` `record_rows` cells as values · `directory` names as ids ·
`records` `people` `products` what rows want, by `plan` compared with what is there (`snapshots`) · `writing` records in
bulk · `card` the one entry that stands for a file · `report` what came of it.
"""

from server.imports.mapping import Mapping, MappingError, load_mapping
from server.imports.previews import FilePreview, PreviewRow, preview
from server.imports.report import FileReport, Problem, Progress, Report, Step
from server.imports.running import run

__all__ = [
    "FilePreview",
    "FileReport",
    "Mapping",
    "MappingError",
    "PreviewRow",
    "Problem",
    "Progress",
    "Report",
    "Step",
    "load_mapping",
    "preview",
    "run",
]
