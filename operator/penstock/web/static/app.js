// The page: what is around every view, and which view is shown.
import { effect, html, render, useEffect, useState } from "./vendor.js";
import { Icon } from "./icons.js";
import { later } from "./later.js";
import { ListView } from "./list/view.js";
import { ask, lock, standing, unlock } from "./net.js";
import { Empty } from "./parts.js";
import { at, link, place } from "./place.js";
import { LANGUAGES, language, nextTheme, theme } from "./prefs.js";
import { forgettable, shared, signIn, signOut, signsIn } from "./token.js";
import { signal } from "./vendor.js";
import { load, t, visible } from "./words.js";

const me = signal(null);
const meet = () => ask("api/hello").then((told) => told.json()).then((told) => (me.value = told)).catch(() => null);

function Standing() {
  const { state, why } = standing.value;
  if (state === "locked") return null;
  const title = state === "away" ? t("away.why", { why: visible(why) }) : "";
  return html`<span class="standing" data-state=${state} role="status" title=${title}><i />${t(state)}</span>`;
}

function Top() {
  const named = theme.value === "system" ? "system" : theme.value === "dark" ? "moon" : "sun";
  const themed = t("theme", { theme: t(`theme.${theme.value}`) });
  return html`<header class="top">
    <a class="logo" ...${link({})}><${Icon} name="logo" />Penstock</a>
    <${Places} />
    <${Standing} />
    <span class="grow" />
    ${me.value && html`<span class="me">${t("signed", { user: visible(me.value.user), namespace: visible(me.value.namespace) })}</span>`}
    ${me.value && forgettable() && html`<button type="button" class="quiet" onClick=${lock}>${t("locked.again")}</button>`}
    ${me.value && signOut && !forgettable() && html`<a href=${signOut}>${t("locked.again")}</a>`}
    <label class="language"><span class="unseen">${t("language")}</span>
      <select value=${language.value} onChange=${(event) => (language.value = event.currentTarget.value)}>
        ${Object.entries(LANGUAGES).map(([name, word]) => html`<option key=${name} value=${name} lang=${name}>${word}</option>`)}
      </select></label>
    <button type="button" class="quiet" onClick=${nextTheme} title=${themed} aria-label=${themed}><${Icon} name=${named} /></button>
  </header>`;
}

const PLACES = { "": "pipelines", schedules: "schedules", plan: "plan", capacity: "capacity" };

/** Where one can go, from everywhere. */
function Places() {
  const here = at("pipeline") ? "" : at("view");
  return html`<nav class="places" aria-label=${t("places")}>${Object.entries(PLACES).map(([name, word]) => html`<a key=${name}
    aria-current=${here === name ? "page" : undefined} ...${link({ view: name })}>${t(word)}</a>`)}</nav>`;
}

function Locked() {
  const [text, setText] = useState("");
  useEffect(() => void (me.value = null), []);
  const open = (event) => {
    event.preventDefault();
    unlock(text);
    meet();
  };
  return html`<main><${Empty} whole title=${t("locked")}>
    ${shared && (signsIn || standing.value.elsewhere) && html`<p>${t("locked.ended")}</p>
      <p><a class="strong" href=${signIn()}>${t("locked.sign_in")}</a></p>`}
    <p>${visible(standing.value.why)}</p>
    <form class="unlock" onSubmit=${open}>
      <label>${t(shared ? "locked.token" : "locked.how")}<input type="password" value=${text} autocomplete="off" onInput=${(event) => setText(event.currentTarget.value)} /></label>
      <button type="submit" class="strong">${t("locked.open")}</button>
    </form>
  </${Empty}></main>`;
}

const PipelineView = later(() => import("./pipeline/view.js").then((found) => found.PipelineView), "view");
const VIEWS = {
  approvals: later(() => import("./approvals/view.js").then((found) => found.ApprovalsView), "view"),
  capacity: later(() => import("./capacity/view.js").then((found) => found.CapacityView), "view"),
  plan: later(() => import("./plan/view.js").then((found) => found.PlanView), "view"),
  schedules: later(() => import("./schedules/view.js").then((found) => found.SchedulesView), "view"),
};

function View() {
  if (standing.value.state === "locked") return html`<${Locked} />`;
  const [namespace, name] = at("pipeline").split("/");
  if (name) return html`<${PipelineView} key=${at("pipeline")} namespace=${namespace} name=${name} />`;
  const Chosen = VIEWS[at("view")] ?? ListView;
  return html`<${Chosen} />`;
}

const App = () => html`<${Top} /><${View} />`;

effect(() => {
  const name = place.value.get("pipeline");
  document.title = name ? `${visible(name)} · Penstock` : "Penstock";
});
const root = document.getElementById("app");
let drawn = false;
effect(() => {
  language.value;
  load().then(() => {
    if (!drawn && root) render(html`<${App} />`, root);
    drawn = true;
  });
});
meet();
