"""Workspace Models in a browser: sort, choose, look at figures, open a point or a picture in Traverse."""

from __future__ import annotations

import pytest

from tests.apps.zoo import make_zoo

IDS = ("dsprites/vae", "sinelines/gt", "mnist/tc5", "mnist/digits")
SCATTER = "#lx-scatter canvas"


@pytest.fixture(scope="module")
def url(serve, tmp_path_factory):
    zoo = make_zoo(tmp_path_factory.mktemp("zoo"), IDS)
    return serve("apps/explorer.py", env={"LATENT_EXPLORER_CHECKPOINTS": str(zoo)}).url


@pytest.fixture
def models(url, page):
    page.goto(url)
    page.locator(".lx-tab[data-title=Models]").click()
    page.locator("#lx-catalogue tbody tr").nth(3).wait_for(timeout=90_000)
    return page


def tab(page, name):
    page.locator("#lx-workspace-models").get_by_role("tab", name=name, exact=True).click()


def choose(page, name):
    page.locator(f"#lx-catalogue tr[data-id='{name}']").click()
    page.locator(f"#lx-catalogue tr[data-id='{name}'][aria-selected=true]").wait_for()
    page.wait_for_function(f"location.hash.includes('={name}')")  # Python has answered


def pick(page, control, option):
    page.locator("#lx-workspace-models").get_by_role("combobox", name=control, exact=True).click()
    page.get_by_role("option", name=option, exact=True).click()


def order(page):
    return page.locator("#lx-catalogue tbody tr").evaluate_all("rows => rows.map((row) => row.dataset.id)")


def ids_sorted_by(page, title):
    page.locator("#lx-catalogue th button", has_text=title).click()
    return order(page)


def test_the_table_sorts_both_ways_and_leaves_what_is_missing_at_the_end(models):
    assert order(models) == list(IDS)
    assert ids_sorted_by(models, "MIG") == list(IDS)  # one has a value
    assert ids_sorted_by(models, "Model") == sorted(IDS)
    assert ids_sorted_by(models, "Model") == sorted(IDS, reverse=True)
    header = models.locator("#lx-catalogue th", has_text="Model")
    assert header.get_attribute("aria-sort") == "descending"


def test_a_chosen_model_shows_its_card_curve_and_matrix(models, seen):
    choose(models, "dsprites/vae")
    models.locator("#lx-card h1", has_text="Variational autoencoder, 5 latents").wait_for()
    tab(models, "Training curve")
    models.locator(".lx-plot .scatterlayer .js-line").first.wait_for()
    tab(models, "Factors and classes")
    models.locator(".lx-plot .heatmaplayer image").first.wait_for()
    models.locator(".lx-plot .gtitle", has_text="MIG 0.1234").wait_for()
    tab(models, "Reconstructions")
    models.locator(".lx-plot .layer-above image, .lx-plot .imagelayer image").nth(5).wait_for()
    models.wait_for_function("document.documentElement.scrollHeight <= innerHeight")  # no page to scroll
    assert not [error for error in seen.errors if "404" not in error]


def test_a_classifier_shows_what_it_is_and_the_sliders_keep_their_model(models, url, page, seen):
    choose(models, "mnist/tc5")
    models.locator("#lx-card h1", has_text="beta-TCVAE").wait_for()
    choose(models, "mnist/digits")
    models.locator("#lx-card h1", has_text="Digit classifier").wait_for()
    tab(models, "Training curve")
    models.locator(".lx-plot:visible .scatterlayer .js-line").first.wait_for()
    tab(models, "Latent space")
    models.locator("#lx-scatter .message", has_text="a classifier maps pictures to classes").wait_for()
    assert models.locator(".lx-model.lx-here").get_attribute("data-id") == "mnist/tc5"
    models.locator(".lx-tab[data-title=Traverse]").click()
    models.locator(".latent-canvas input[type=range]").nth(4).wait_for()
    models.locator(".lx-tab[data-title=Models]").click()
    models.wait_for_function("['card=mnist/digits', 'workspace=Models'].every((one) => location.hash.includes(one))")
    link = models.evaluate("location.hash")
    assert not [error for error in seen.errors if "404" not in error]
    models.goto("about:blank")
    models.goto(url + link)
    models.locator("#lx-catalogue tr[data-id='mnist/digits'][aria-selected=true]").wait_for(timeout=90_000)
    models.locator("#lx-card h1", has_text="Digit classifier").wait_for()
    models.locator(".lx-model[data-id='mnist/tc5']").click()  # what the sliders have comes back into view
    models.locator("#lx-card h1", has_text="beta-TCVAE").wait_for()
    assert not models.locator(".lx-notice").count()


def test_a_link_that_takes_a_classifier_for_a_model_opens_its_card(url, page):
    page.goto(f"{url}#model=mnist/digits")
    page.locator("#lx-card h1", has_text="Digit classifier").wait_for(timeout=90_000)
    page.wait_for_function("location.hash.includes('card=mnist/digits') && !location.hash.includes('model=mnist/d')")
    assert not page.locator(".lx-notice").count()


def test_the_chosen_row_is_in_view_and_a_line_explains_the_signs(models):
    models.set_viewport_size({"width": 1280, "height": 520})  # room for some rows only
    models.locator(".lx-tab[data-title=Traverse]").click()
    models.locator(".lx-model[data-id='mnist/tc5']").click()
    models.locator(".lx-tab[data-title=Models]").click()
    models.wait_for_function(
        """() => { const row = document.querySelector("#lx-catalogue tr[aria-selected=true][data-id='mnist/tc5']");
        const view = document.querySelector("#lx-catalogue .lx-table").getBoundingClientRect();
        return row && row.getBoundingClientRect().bottom <= view.bottom; }"""
    )
    assert "published" in models.locator("#lx-catalogue .lx-key").inner_text()


def test_of_two_quick_choices_the_last_is_shown_and_its_row_keeps_the_focus(models):
    choose(models, "dsprites/vae")
    models.locator("#lx-card h1", has_text="Variational autoencoder").wait_for()
    slow = {"offline": False, "latency": 1000, "downloadThroughput": -1, "uploadThroughput": -1}
    models.context.new_cdp_session(models).send("Network.emulateNetworkConditions", slow)
    for name in ("sinelines/gt", "mnist/digits"):
        models.locator(f"#lx-catalogue tr[data-id='{name}']").press("Enter")
    models.locator("#lx-card h1", has_text="Digit classifier").wait_for()
    models.wait_for_function("document.activeElement.dataset.id === 'mnist/digits'")


def test_a_point_shows_its_picture_and_opens_in_traverse(models):
    choose(models, "mnist/tc5")
    tab(models, "Latent space")
    models.locator(f"{SCATTER}:visible").wait_for()
    models.wait_for_function(f"document.querySelector('{SCATTER}').width > 300")
    models.locator(SCATTER).focus()
    models.keyboard.press("ArrowRight")
    tip = models.locator("#lx-scatter .tip")
    tip.wait_for()
    assert "label" in tip.inner_text()
    picture = tip.locator("i")
    assert picture.evaluate("node => getComputedStyle(node).backgroundImage").startswith('url("data:image/png')
    box = models.locator(SCATTER).bounding_box()
    at = models.locator("#lx-scatter [role=status]").inner_text()
    assert at.startswith("Point ")
    assert box["height"] > 150
    models.keyboard.press("Enter")
    models.locator(".lx-tab[data-title=Traverse][aria-selected=true]").wait_for()


def test_other_axes_and_colours_are_chosen_in_the_page(models):
    choose(models, "dsprites/vae")
    tab(models, "Latent space")
    models.locator("#lx-scatter select[name=color]").select_option(label="scale")
    models.locator("#lx-scatter .legend b").first.wait_for()
    look = f"document.querySelector('{SCATTER}').toDataURL()"
    before = models.evaluate(look)
    models.locator("#lx-scatter select[name=x]").select_option(label="Latent 3")
    assert models.evaluate(look) != before


def test_pages_of_a_data_set_turn_filter_and_open(models):
    choose(models, "dsprites/vae")
    tab(models, "Data sets")
    pictures = models.locator("#lx-pictures button")
    pictures.nth(59).wait_for()
    assert pictures.first.get_attribute("aria-label").startswith("row 0, shape ")
    models.get_by_role("button", name="Next").click()
    models.locator("#lx-pictures button[data-row='60']").wait_for()
    pick(models, "Show", "shape")
    pick(models, "Value", "ellipse")
    models.wait_for_function(
        """() => { const captions = [...document.querySelectorAll("#lx-pictures button span")];
        return captions.length && captions.every((caption) => caption.textContent === "ellipse"); }"""
    )
    pictures.first.click()
    models.locator(".lx-tab[data-title=Traverse][aria-selected=true]").wait_for()


def test_a_picture_of_another_data_set_says_what_to_choose(models):
    choose(models, "sinelines/gt")
    tab(models, "Data sets")
    models.locator("#lx-pictures button").first.wait_for()  # and with it the choices
    pick(models, "Data set", "dSprites")
    models.locator("#lx-pictures button[aria-label*=shape]").first.click()
    models.locator("#lx-data-note", has_text="Choose a dsprites model").wait_for()
