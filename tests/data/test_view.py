from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.data import DATASETS, Split, View, load_dataset
from engine.interfaces import Space
from tests.data import tiny


class Numbers:
    """Rows that show their own class, and whether it is even as an attribute."""

    name, title = "numbers", "Numbers"
    space = Space(kind="image", shape=(1, 1, 1))
    factor_names: tuple[str, ...] = ("even",)
    split_names: tuple[str, ...] = ("train",)
    needs_files = False
    shareable = True
    licence = citation = url = ""

    def __init__(self, labels, classes=tuple("abcdef")):
        self.classes = classes
        self._labels = torch.tensor(labels, dtype=torch.int64)

    def __len__(self):
        return len(self._labels)

    def read(self, ids):
        return self._labels[torch.from_numpy(ids)].float()[:, None, None, None]

    def split(self, name):
        ids = np.arange(len(self), dtype=np.int64)[::-1].copy()
        labels = self._labels[torch.from_numpy(ids)]
        return Split(name, self, ids=ids, labels=labels, factors=(labels % 2 == 0).float()[:, None])

    def prepare(self, progress=None):
        progress(len(self), len(self))


rows = st.lists(st.integers(0, 5), min_size=1, max_size=30)
some_classes = st.lists(st.integers(0, 5), min_size=1, max_size=6, unique=True)


@given(labels=rows, chosen=some_classes, by_name=st.booleans())
def test_a_view_keeps_the_chosen_rows_and_numbers_them_in_the_order_asked(labels, chosen, by_name):
    choice = ",".join("abcdef"[label] if by_name else str(label) for label in chosen)
    view = View(Numbers(labels), choice, name=f"numbers:{choice}")
    split = view.split("train")
    kept = [label for label in reversed(labels) if label in chosen]
    assert split.labels.tolist() == [chosen.index(label) for label in kept]
    assert split.labels.dtype == torch.int64
    assert split.batch(np.arange(len(split))).x.flatten().tolist() == kept
    assert split.factors[:, 0].tolist() == [float(label % 2 == 0) for label in kept]
    assert view.classes == tuple("abcdef"[label] for label in chosen)


@given(labels=rows)
def test_an_attribute_makes_two_classes_of_all_rows(labels):
    view = View(Numbers(labels, classes=()), "Even", name="numbers:Even")
    split = view.split("train")
    assert view.classes == ("not even", "even")
    assert split.labels.tolist() == [int(label % 2 == 0) for label in reversed(labels)]
    assert len(split) == len(labels)


def test_new_labels_do_not_meet_old_ones():
    """Relabelling in place, class after class, sends 3 to 0 and then 0 to 1."""
    assert View(Numbers([3, 0, 3]), "3,0", name="").split("train").labels.tolist() == [0, 1, 0]


def test_a_view_is_a_data_set_of_its_own(mirror):
    tiny.make(mirror, "fashion")
    view, whole = load_dataset("fashion: Coat, 0"), load_dataset("fashion")
    assert view.name == "fashion: Coat, 0"
    assert view.title == "Fashion-MNIST: Coat, T-shirt/top"
    assert (view.space, view.split_names, view.licence) == (whole.space, whole.split_names, whole.licence)
    for name in view.split_names:
        assert set(view.split(name).labels.tolist()) <= {0, 1}
    seen = []
    view.prepare(lambda done, total: seen.append(done))
    with pytest.raises(KeyError, match="Fashion-MNIST has no split 'half'"):
        view.split("half")


def test_attributes_of_faces(mirror):
    tiny.make(mirror, "celeba")
    view = load_dataset("celeba:Smiling")
    assert (view.title, view.classes) == ("CelebA: Smiling", ("not Smiling", "Smiling"))
    split = view.split("valid")
    column = split.factors[:, view.factor_names.index("Smiling")]
    assert torch.equal(split.labels, column.long())


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("mnist:3,11", r"MNIST has no class '11'; choose from 0 \(0\), 1 \(1\), "),
        ("mnist:-1", "MNIST has no class '-1'"),
        ("mnist:", "MNIST has no class ''"),
        ("fashion:Trousers", r"Fashion-MNIST has no class 'Trousers'; choose from 1 \(Trouser\)\."),
        ("celeba:Smile", "CelebA has no attribute 'Smile'; choose one of .*Smiling"),
        ("celeba:7", "CelebA has no attribute '7'; choose one of 5_o_Clock_Shadow, .*, Bald, "),
    ],
)
def test_an_unknown_choice_lists_what_there_is(name, message):
    with pytest.raises(KeyError, match=message):
        load_dataset(name)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("mnist:3,3", "Choose every class of MNIST once; got 3, 3"),
        ("fashion:0,T-Shirt/Top", "Choose every class of Fashion-MNIST once"),
        ("celeba:Smiling,Male", "Choose one attribute of CelebA at a time; got Smiling, Male"),
    ],
)
def test_a_choice_without_sense_is_refused(name, message):
    with pytest.raises(ValueError, match=message):
        load_dataset(name)


def test_a_factor_with_many_values_makes_no_two_classes():
    with pytest.raises(ValueError, match="slope of Sinelines has other values than 0 and 1"):
        load_dataset("sinelines:slope").split("test")


def test_names_are_unambiguous():
    for name in DATASETS:
        dataset = load_dataset(name)
        words = () if name == "folder" else (*dataset.classes, *dataset.factor_names)
        assert len({word.casefold() for word in words}) == len(words)
        assert not any("," in word for word in words)
