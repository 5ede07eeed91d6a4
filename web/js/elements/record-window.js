// The window of a new record with the main fields of its kind, or of all fields of one that is there.
import { api } from "../api.js";
import { h, replace } from "../dom.js";
import { errorsOf } from "../errors.js";
import { t } from "../i18n.js";
import { navigate } from "../router.js";
import { session } from "../session.js";
import { changes, Form } from "./form.js";
import { LISTS, RECORD_FIELDS, fieldValue } from "./record-fields.js";

/** A new contact needs a title, and most people only fill in the names. */
function withTitle(kind, values) {
  return kind === "contact" && !values.title ? { ...values, title: [values.first_name, values.last_name].filter(Boolean).join(" ") } : values;
}

/** @param {import("./window-dock.js").WindowDock} dock @param {{kind: string, record?: any}} wish */
export function open(dock, { kind, record }) {
  const window = dock.make({ icon: kind, title: record?.title ?? t(`record.new_${kind}`), key: record && `record-${record.record}` });
  if (!window) return;
  const fields = RECORD_FIELDS[kind]().filter((field) => record || field.main);
  const first = session.portal.stages.find((stage) => stage.kind === kind);
  const start = record ?? { responsible: session.me, currency: session.portal.currency, stage: first };
  const form = new Form(fields.map((field) => (kind === "contact" && field.name === "title" ? { ...field, required: false } : field)),
    Object.fromEntries(fields.map((field) => [field.name, fieldValue(start, field)])));
  const before = record ? form.read() : {};
  const cancel = h("button", { class: "button button--quiet", type: "button", onclick: () => window.close() }, t("activity.cancel"));
  const save = h("button", { class: "button button--primary", type: "submit" }, t(record ? "activity.save" : `record.create_${kind}`));
  replace(window.body, form.nodes);
  replace(window.foot, h("span", { class: "push" }), cancel, save);
  let key = crypto.randomUUID();
  window.form.onsubmit = async (event) => {
    event.preventDefault();
    form.clear();
    const values = withTitle(kind, form.read());
    const missing = form.missing();
    if (kind === "contact" && !values.title) missing.push({ field: "title", code: "required" });
    if (missing.length) return form.fail(missing);
    window.form.inert = true;
    try {
      const saved = record
        ? await api.patch(`/records/${record.record}`, { ...changes(before, values), version: record.version }, { key })
        : await api.post(`/${LISTS[kind]}`, filled(values), { key });
      window.close(true);
      if (record) document.dispatchEvent(new CustomEvent("caudal:record", { detail: { record: saved } }));
      else navigate(`/records/${saved.record}`);
    } catch (error) {
      window.form.inert = false;
      key = crypto.randomUUID();
      form.fail(errorsOf(error));
    }
  };
  dock.show(window);
  window.dirty = false;
}

/** A new record is sent without what was left empty. */
const filled = (values) => Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null && value !== "" && !(Array.isArray(value) && !value.length)));
