// Drafts of the composer, one a place (the stream, a record), kept in this browser until posted.

const key = (user, place) => `caudal:draft:${user}:${place}`;

/** @typedef {{text: string, to: import("./chip.js").Item[], about: import("./chip.js").Item[], mentions: import("./mentions.js").Mention[]}} Draft */

/** @param {number} user @param {string} place @returns {Draft|null} */
export function readDraft(user, place) {
  try {
    return JSON.parse(localStorage.getItem(key(user, place)) ?? "null");
  } catch {
    return null; // what is not a draft of ours is none
  }
}

/** Keeps a draft; an empty one is forgotten. @param {number} user @param {string} place @param {Draft|null} draft */
export function keepDraft(user, place, draft) {
  const empty = !draft || (!draft.text && !draft.to.length && !draft.about.length);
  try {
    if (empty) localStorage.removeItem(key(user, place));
    else localStorage.setItem(key(user, place), JSON.stringify(draft));
  } catch {
    // Storage may be full or forbidden; the text is still in the field
  }
}
