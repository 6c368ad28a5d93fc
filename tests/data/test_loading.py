from __future__ import annotations

import pytest

from engine.data import find_dataset, load_dataset


def test_a_name_says_which_size_and_which_classes():
    dataset = load_dataset("flowers@96:tulips,0")
    assert dataset.space.shape == (3, 96, 96)
    assert dataset.classes == ("tulips", "daisy")
    assert dataset.name == "flowers@96:tulips,0"
    assert load_dataset("flowers@144").name == "flowers"
    assert load_dataset("celeba-hq", size=256).name == "celeba-hq@256"


@pytest.mark.parametrize("name", ["mnist", "mnist:3,8", "celeba-hq@256", "celeba-hq@256:Young", "dsprites"])
def test_a_data_set_is_found_again_by_its_name(name):
    assert load_dataset(name).name == name
    assert find_dataset(name).space == load_dataset(name).space


UNKNOWN = ("", "nist", "owner/mnist", "mnist/tc5", ":3,8", "mnist:12", "dsprites@64", "folder:a,b")


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_is_unknown_is_not_found(mirror, name):
    assert find_dataset(name) is None


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("dsprites@32", "Pictures of 'dsprites' have one size; leave out '@32'"),
        ("flowers@large", "'@large' should be a number of pixels a side, such as flowers@256"),
        ("flowers@", "'@' should be a number of pixels"),
        ("flowers@2000", "from 8 to 1024; got 2000"),
    ],
)
def test_a_size_without_sense_is_refused(name, message):
    with pytest.raises(ValueError, match=message):
        load_dataset(name)


def test_the_error_of_an_unknown_name_leaves_the_choice_out():
    with pytest.raises(KeyError, match=r"No data set 'minst'; did you mean 'mnist'\?"):
        load_dataset("minst:3,8")
