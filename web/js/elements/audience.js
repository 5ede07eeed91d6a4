// The line under the composer: who will see the post, who cannot, and what addresses it names.
import { api } from "../api.js";
import { h, icon, replace } from "../dom.js";
import { errorsOf, errorText } from "../errors.js";
import { t, tNodes } from "../i18n.js";

const PAUSE = 400; // ms after the last change

export class Audience {
  #timer = 0;
  #asked = "";

  /** @param {HTMLElement} node  where it is said */
  constructor(node) {
    this.node = node;
  }

  /** Asks again when who is addressed has changed; letters alone change nothing. @param {any} body of POST /entries */
  update(body) {
    const { to, about, text } = body;
    const mentions = text.match(/[@#]\{\d+\}/g) ?? [];
    const question = JSON.stringify([to, about, mentions]);
    if (question === this.#asked) return;
    this.#asked = question;
    clearTimeout(this.#timer);
    if (!to.length && !about.length) return replace(this.node, line("eye", null, t("composer.nobody")));
    this.#timer = setTimeout(async () => {
      // A text is needed for the question, not for the answer
      const lines = await api.post("/audience", { to, about, text: text || "…" }).then(
        (answer) => this.#lines(answer),
        (error) => (error.status >= 400 && error.status < 500 ? errorsOf(error).map((one) => line("alert", "caution", errorText(one))) : []),
      );
      if (question === this.#asked) replace(this.node, ...lines);
    }, PAUSE);
  }

  #lines({ count, external, cannot }) {
    const strong = (text, tone) => h("strong", { class: tone && "tone", "data-tone": tone }, text);
    const people = strong(t("composer.colleagues", { count }));
    const outside = external.length ? strong(t("composer.addresses", { count: external.length }), "email") : null;
    const sees = tNodes(outside ? "composer.audience_both" : "composer.audience", { people, outside, count });
    return [
      line("eye", null, h("span", {}, ...sees)),
      ...cannot.map((one) => line("alert", "caution", cannotText(one))),
    ];
  }
}

/** Who may not read a record: someone addressed sees the rest, someone only mentioned sees nothing. */
function cannotText({ name, about, sees }) {
  const record = about?.title ?? t("record.locked");
  return t(sees ? "composer.cannot" : "composer.cannot_mention", { name, record });
}

const line = (name, tone, content) => h("p", { class: `composer__audience mid fine ${tone ? "tone" : "soft"}`, "data-tone": tone }, icon(name), content);
