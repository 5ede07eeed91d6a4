/** <c-nothing-page>: an address that leads nowhere. */

import { h, icon } from "../dom.js";
import { t } from "../i18n.js";
import { setTitle } from "../router.js";

class NothingPage extends HTMLElement {
  static layout = "page page--wide";

  connectedCallback() {
    setTitle(t("nothing.title"));
    this.append(h("div", { class: "panel empty" }, icon("lock"), h("h1", null, t("nothing.title")), h("p", null, t("nothing.hint")),
      h("div", { class: "cluster" }, h("a", { class: "button", href: "/stream" }, icon("stream"), t("nothing.back")))));
  }
}

customElements.define("c-nothing-page", NothingPage);
