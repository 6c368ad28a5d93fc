"""Tab Plan a study of workspace Study: a file's text, what is wrong with it, saving it, and how many participants."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import gradio as gr

from apps.gradio_app.components import page_component
from apps.gradio_app.owned import owned, owned_steps
from apps.study_room import sample_size
from apps.study_room.editor import BLANK, Checked, Editor

if TYPE_CHECKING:
    from apps.gradio_app.study_panel import Parts

PRIVATE: dict[str, Any] = {"api_visibility": "private"}
_TASKS = ("reconstruction", "exemplars", "traversals", "samples", "none")
_ABOUT_POWER = (
    "Shares of questions solved with each of two models, and standard deviations in log-odds: of people's ability, and "
    "of their difference between the models. 0.05 is shared by all declared contrasts, Holm's worst case."
)
_ORDERS = ("balanced", "random", "fixed")


def build(parts: Parts, tab: gr.Tab) -> None:
    """Puts down the components and wires them; the templates are read when the tab is opened."""
    editor = Editor(parts.room)
    with gr.Column(elem_classes="lx-study-page"):
        with gr.Row(elem_classes="lx-study-plan"):
            with gr.Column(scale=3, min_width=380):
                with gr.Row(elem_classes=["lx-data-controls", "lx-study-controls"], equal_height=True):
                    template = gr.Dropdown([BLANK], value=None, label="Begin with", min_width=200)
                    with gr.Row(elem_classes="lx-pager"):
                        save = gr.Button("Save", size="sm", min_width=70)
                        replace = gr.Button("Replace it", size="sm", min_width=80, visible=False)
                text = gr.Code(language="yaml", show_label=False, lines=22, max_lines=26, elem_id="lx-study-file")
            with gr.Column(scale=2, min_width=280):
                said = gr.HTML(apply_default_css=False, elem_classes="lx-study-said")
                link = page_component("study_link", elem_id="lx-study-link")
                problems = gr.HTML(apply_default_css=False, elem_id="lx-study-problems")
                with gr.Accordion("Write a file from the commonest fields", open=False):
                    title = gr.Textbox("Pictures and dials", label="Title", max_lines=1)
                    models = gr.Dropdown([], multiselect=True, label="Models, of one data set")
                    with gr.Row():
                        task = gr.Dropdown(list(_TASKS), value=_TASKS[0], label="Task", min_width=170)
                        order = gr.Dropdown(list(_ORDERS), value=_ORDERS[0], label="Order", min_width=130)
                        questions = gr.Number(5, label="Questions a model", precision=0, minimum=1, min_width=100)
                    ease = gr.Checkbox(True, label="Ask how difficult it was after each model")
                    write = gr.Button("Write", size="sm")
        with gr.Accordion("How many participants?", open=False):
            _sample_size(parts)

    def offer(state: Mapping[str, Any], value: str | None, now: str | None) -> Any:  # noqa: ANN401 - values
        if state.get("workspace") != "Study":
            return gr.skip()
        latent = [entry.id for entry in parts.room.shelf.latent() if not entry.error]
        begun = value if now else BLANK
        return [
            gr.update(choices=editor.templates(), value=begun),
            gr.skip() if now else editor.text(BLANK),
            gr.update(choices=latent),
        ]

    def begin(value: str | None) -> list[Any]:
        return [editor.text(value or BLANK), "", gr.update(visible=False), None]

    def check(value: str | None) -> str:
        return verdict(editor.check(value or ""))

    def keep(value: str | None, begun: str | None, again: bool = False) -> list[Any]:
        saved = editor.save(value or "", replacing=begun or "", replace=again)
        if saved.asked:
            return [_said(saved.text, "lx-warn"), gr.update(visible=True), None, gr.skip()]
        listed = gr.update(choices=editor.templates(), value=saved.name)
        return [_said(saved.text), gr.update(visible=False), {"name": saved.name}, listed]

    def replaced(value: str | None, begun: str | None) -> list[Any]:
        return keep(value, begun, True)

    def written(
        title: str, models: Sequence[str], task: Any, questions: float, order: str, ease: bool  # noqa: ANN401
    ) -> list[Any]:
        drafted = editor.draft(
            title=title or "", models=models or [], task=task, questions=int(questions or 0), order=order, ease=ease
        )
        return [drafted, "", gr.update(visible=False), None, gr.update(value=None)]

    token = parts.token
    tab.select(
        owned(offer, quiet=True),
        [token, parts.session.state, template, text],
        [template, text, models],
        show_progress="hidden",
        **PRIVATE,
    )
    template.input(owned(begin), [token, template], [text, said, replace, link], show_progress="hidden", **PRIVATE)
    text.change(
        owned(check, quiet=True),
        [token, text],
        problems,
        trigger_mode="always_last",
        show_progress="hidden",
        **PRIVATE,
    )
    fields, answers = [token, text, template], [said, replace, link, template]
    save.click(owned(keep), fields, answers, show_progress="hidden", **PRIVATE)
    replace.click(owned(replaced), fields, answers, show_progress="hidden", **PRIVATE)
    write.click(
        owned(written),
        [token, title, models, task, questions, order, ease],
        [text, said, replace, link, template],
        show_progress="hidden",
        **PRIVATE,
    )


def verdict(checked: Checked) -> str:
    """What is wrong with a text, as HTML; or what it declares."""
    from engine.study.files.study_problem import field_name

    if checked.study is None:
        rows = "".join(
            f"<li><b>{'' if one.line is None else f'line {one.line}'}</b> <code>{escape(field_name(one.field))}</code> "
            f"{escape(one.message)}</li>"
            for one in checked.problems
        )
        count = "one problem" if len(checked.problems) == 1 else f"{len(checked.problems)} problems"
        return f"<p class='lx-wrong'>{count}</p><ul class='lx-problems'>{rows}</ul>"
    study = checked.study
    seen = study.models_each or len(study.models)
    questions = "as many questions as published" if study.questions is None else f"{study.questions} questions"
    facts = [
        f"{len(study.models)} models, {seen} for each participant, {questions} a model",
        f"tasks: {', '.join(study.tasks)}; order: {study.order}",
        f"contrasts declared: {len(study.contrasts) or 'none, so nothing is tested'}",
        "asks for consent" if study.consent else "asks for no consent",
    ]
    listed = "".join(f"<li>{escape(fact)}</li>" for fact in facts)
    return f"<p class='lx-right'>✓ Valid</p><ul class='lx-problems'>{listed}</ul>"


def _sample_size(parts: Parts) -> None:
    with gr.Row(elem_classes=["lx-data-controls", "lx-study-controls"], equal_height=True):
        first = gr.Number(90, label="Solved, first (%)", minimum=1, maximum=99, min_width=90)
        second = gr.Number(70, label="Second (%)", minimum=1, maximum=99, min_width=90)
        questions = gr.Number(5, label="Questions", precision=0, minimum=1, maximum=1000, min_width=90)
        ability = gr.Number(1.0, label="Spread: people", minimum=0, maximum=10, step=0.1, min_width=90)
        leaning = gr.Number(0.5, label="Difference", minimum=0, maximum=10, step=0.1, min_width=90)
        contrasts = gr.Number(1, label="Contrasts", precision=0, minimum=1, maximum=100, min_width=70)
        target = gr.Number(80, label="Power (%)", minimum=1, maximum=99, min_width=70)
        paired = gr.Dropdown(["see both models", "see one model"], value="see both models", label="Participants")
        with gr.Row(elem_classes="lx-pager"):
            go = gr.Button("Simulate", size="sm", min_width=80)
            stop = gr.Button("Stop", size="sm", min_width=60, interactive=False)
    gr.HTML(f"<p class='lx-aside'>{_ABOUT_POWER}</p>", apply_default_css=False)
    answer = gr.HTML(apply_default_css=False, elem_id="lx-power-answer")
    figure = gr.Plot(show_label=False, container=False, visible=False, elem_classes="lx-study-plot")

    def simulate(state: Mapping[str, Any], aim: float, design: str, *fields: float) -> Iterator[Any]:
        from engine.figures.study_power import power_figure

        one, other, per_model, sd, difference, declared = fields
        assumed = sample_size.assumptions(one, other, per_model, sd, difference, design == "see both models", declared)
        yield [_said("Simulating 1,000 studies …"), gr.skip(), gr.update(interactive=True)]
        for found in sample_size.search(assumed, target=float(aim or 0) / 100):
            drawn = power_figure(
                found.tried, target=float(aim) / 100, theme="dark" if state.get("theme") == "dark" else "light"
            )
            text = f"<p class='{'lx-result' if found.done else 'lx-aside'}'>{escape(found.text)}</p>"
            yield [text, gr.update(value=drawn, visible=True), gr.update(interactive=not found.done)]

    running = go.click(
        owned_steps(simulate),
        [parts.token, parts.session.state, target, paired, first, second, questions, ability, leaning, contrasts],
        [answer, figure, stop],
        show_progress="minimal",
        show_progress_on=answer,
        **PRIVATE,
    )
    stop.click(
        lambda: ["<p class='lx-aside'>Stopped.</p>", gr.update(interactive=False)],
        None,
        [answer, stop],
        cancels=running,
        show_progress="hidden",
        **PRIVATE,
    )


def _said(text: str, kind: str = "lx-saved") -> str:
    return f"<p class='{kind}' role='status'>{escape(text)}</p>"
