"use strict";
{
  document.documentElement.classList.add("js");
  const form = document.querySelector("form.filter");
  const shown = document.getElementById("shown");
  const columns = document.getElementById("columns");
  const body = form ? document.getElementById("clauses").tBodies[0] : null;
  const rows = form ? Array.from(body.rows, (row) => ({
    row,
    text: row.textContent.toLowerCase(),
    level: row.dataset.level,
    outcomes: row.dataset.outcomes.split(" "),
  })) : [];

  const asked = () => {
    const words = new URLSearchParams();
    for (const [name, value] of new FormData(form)) {
      if (value) words.set(name, value);
    }
    return words;
  };

  // One pass over the rows, which reads nothing that the layout decides.
  const filter = () => {
    const words = asked();
    const text = (words.get("text") || "").toLowerCase().split(/\s+/);
    const level = words.get("level");
    const outcome = words.get("outcome");
    const target = words.get("target");
    let many = 0;
    for (const one of rows) {
      const outcomes = target ? [one.outcomes[Number(target) - 1]] : one.outcomes;
      const fits = (!level || one.level === level)
        && (!outcome || outcomes.includes(outcome))
        && text.every((word) => one.text.includes(word));
      if (one.row.hidden === fits) one.row.hidden = !fits;
      many += fits;
    }
    const other = target ? `#clauses tr > :nth-child(n+4):not(:nth-child(${Number(target) + 3}))` : "";
    columns.textContent = other && `${other} { display: none }`;
    shown.textContent = `${many} of ${rows.length} rows`;
  };

  const remember = () => {
    const words = asked().toString();
    try {
      history.replaceState(null, "", words ? `#${words}` : location.pathname + location.search);
    } catch {
      // A page of some origins may not change its address.
    }
  };

  // `#cause-3` opens a cause, `#text=READ&outcome=failed` filters.
  const follow = () => {
    const hash = decodeURIComponent(location.hash.slice(1));
    if (form && hash.includes("=")) {
      const words = new URLSearchParams(location.hash.slice(1));
      for (const field of form.elements) {
        if (field.name) field.value = words.get(field.name) || "";
      }
      filter();
      form.scrollIntoView();
      return;
    }
    const found = hash ? document.getElementById(hash) : null;
    if (found && found.tagName === "DETAILS") {
      found.open = true;
      found.scrollIntoView();
      found.querySelector("summary").focus({ preventScroll: true });
    }
  };

  if (form) {
    let due = 0;
    const soon = () => {
      cancelAnimationFrame(due);
      due = requestAnimationFrame(() => { filter(); remember(); });
    };
    form.addEventListener("input", soon);
    // A reset takes effect after its event.
    form.addEventListener("reset", soon);
    form.addEventListener("submit", (event) => event.preventDefault());
    filter();
  }

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button.copy");
    if (!button) return;
    const code = button.parentElement.querySelector("code");
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(code);
    }
  });
  addEventListener("hashchange", follow);
  follow();
}
