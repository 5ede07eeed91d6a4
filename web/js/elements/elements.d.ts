/** The elements of the forms and the record page, for the type checker alone; never loaded by the page. */

import type { ActivitiesPage } from "./activities-page.js";
import type { ChipPicker } from "./chip-picker.js";
import type { Composer } from "./composer.js";
import type { CurrentActivities } from "./current-activities.js";
import type { FollowButton } from "./follow-button.js";
import type { ListPage } from "./list-page.js";
import type { RecordFacts } from "./record-facts.js";
import type { RecordHead } from "./record-head.js";
import type { RecordPage } from "./record-page.js";
import type { StageBar } from "./stage-bar.js";
import type { WindowDock } from "./window-dock.js";

declare global {
  interface HTMLElementTagNameMap {
    "c-activities-page": ActivitiesPage;
    "c-chip-picker": ChipPicker;
    "c-composer": Composer;
    "c-current-activities": CurrentActivities;
    "c-follow-button": FollowButton;
    "c-list-page": ListPage;
    "c-record-facts": RecordFacts;
    "c-record-head": RecordHead;
    "c-record-page": RecordPage;
    "c-stage-bar": StageBar;
    "c-window-dock": WindowDock;
    "c-stream-feed": HTMLElement & { source: { channel: string; record: number | null; filter: Record<string, unknown> } };
  }
  interface DocumentEventMap {
    "caudal:activity": CustomEvent;
    "caudal:record": CustomEvent;
    "caudal:draft": CustomEvent;
  }
}
