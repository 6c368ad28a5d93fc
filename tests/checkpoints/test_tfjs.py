from __future__ import annotations

import json
import math

import pytest
import torch

import engine
from engine.checkpoints import (
    ConfigError,
    CorruptError,
    NonFiniteError,
    TensorDtypesError,
    TensorNamesError,
    TensorShapesError,
    import_tfjs,
)
from tests.checkpoints import tfjs_files as tf

DIGITS = {"width": 4, "hidden": 24}
KINDS = {
    "dsprites": (tf.dsprites(), {"values": 4096, "latents": 5, "rows": 4}),
    "dsprites, other sizes": (tf.dsprites(3, 8, 20), {"values": 4096, "latents": 3, "rows": 20}),
    "sinelines": (tf.sinelines(), {"values": 64, "latents": 5}),
    "mnist": (tf.mnist(5, **DIGITS), {"values": 784, "latents": 5, "percentiles": False}),
    "mnist ss": (tf.mnist(15, **DIGITS), {"values": 784, "latents": 5, "groups": [10], "percentiles": False}),
}


@pytest.mark.parametrize("kind", KINDS)
def test_an_imported_decoder_decodes_as_the_original(tmp_path, root, kind):
    shapes, sizes = KINDS[kind]
    tensors, config = tf.draw(shapes), tf.config(**sizes)
    written = import_tfjs(tf.write(tmp_path / "tc5", tensors, config), root)
    dataset = kind.split(",")[0].split()[0]
    assert written == root / dataset / "tc5-study"
    model = engine.load(f"{dataset}/tc5-study", device="cpu")
    z = torch.cat([torch.tensor(rows) for rows in (*config["c"], config["z"])], dim=1)
    assert model.examples.codes.equal(z)
    expected = tf.decode(tensors, z).reshape(len(z), *model.space.shape)
    torch.testing.assert_close(model.decode(z), expected, rtol=0, atol=1e-5)
    tolerance = 1e-5 if model.space.kind == "series" else 0.51 / 255
    torch.testing.assert_close(model.examples.x, expected, rtol=0, atol=tolerance)


def test_the_info_gan_draws_its_own_examples(tmp_path, root):
    tensors = tf.draw(tf.ig5(15, **DIGITS))
    config = {"Dx": 784, "Dz": 5, "Dc": [10], "z_lims": [[-1, 1]] * 5, "vars": []}
    import_tfjs(tf.write(tmp_path / "ig5", tensors, config, constants=15), root)
    model = engine.load("mnist/ig5-study", device="cpu")
    z = model.sample(20, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(model.decode(z), tf.decode(tensors, z), rtol=0, atol=1e-5)
    assert [(part.name, part.size) for part in model.layout] == [("category", 10), ("code", 2), ("noise", 3)]
    assert {(a.low, a.high, a.minimum, a.maximum) for a in model.axes if a.kind == "continuous"} == {(-1, 1, -1, 1)}
    assert len(model.examples) == 256


@pytest.mark.parametrize(
    ("shapes", "constants", "total"),
    [
        (tf.dsprites(), 13, 731_576),
        (tf.sinelines(), 0, 335_104),
        (tf.mnist(5), 13, 26_327_092),
        (tf.mnist(10), 13, 26_347_572),
        (tf.mnist(15), 13, 26_368_052),
        (tf.mnist(20), 13, 26_388_532),
        (tf.ig5(15), 15, 26_368_320),
    ],
)
def test_the_files_of_these_tests_have_the_published_sizes(shapes, constants, total):
    assert sum(math.prod(shape) for shape in shapes.values()) * 4 + constants * 4 == total


def test_tensors_may_cross_shards(tmp_path, root, monkeypatch):
    monkeypatch.setattr(tf, "SHARD", 1000)
    tensors, config = tf.draw(tf.sinelines(hidden=16)), tf.config(values=64, latents=5)
    folder = tf.write(tmp_path / "vae", tensors, config)
    assert len(list((folder / "decoder_web").glob("*.pb"))) > 5
    model = engine.load(import_tfjs(folder, root), device="cpu")
    z = model.examples.codes
    torch.testing.assert_close(model.decode(z), tf.decode(tensors, z), rtol=0, atol=1e-5)


def test_axes_keep_the_studys_limits_and_percentiles(tmp_path, root):
    config = tf.config(values=64, latents=5)
    folder = tf.write(tmp_path / "vae", tf.draw(tf.sinelines(hidden=16)), config)
    model = engine.load(import_tfjs(folder, root, names=list("abcde")), device="cpu")
    by_name = {axis.name: axis for axis in model.axes}
    assert sorted(by_name) == list("abcde")
    for k, name in enumerate("abcde"):
        axis = by_name[name]
        assert axis.indices == (k,)
        assert [axis.minimum, axis.maximum] == config["z_lims"][k]
        assert axis.percentiles == pytest.approx([config["z_pcts"][p][k] for p in tf.PERCENTILES])
        assert axis.center == pytest.approx(config["z_pcts"]["50"][k])
        assert axis.minimum < axis.low < axis.high < axis.maximum
    assert [axis.effect for axis in model.axes] == sorted((axis.effect for axis in model.axes), reverse=True)


def test_a_card_says_where_it_comes_from(tmp_path, root):
    folder = tf.write(tmp_path / "vae", tf.draw(tf.sinelines(hidden=16)), tf.config(values=64, latents=5))
    card = engine.load(import_tfjs(folder, root, id="sinelines/mine"), device="cpu").card
    assert card.config["id"] == "sinelines/mine"
    assert card.config["training"] == {"imported_from": "TensorFlow.js"}
    assert "2102.01264" in card.config["source"]
    assert "hold no encoder" in (root / "sinelines/mine/README.md").read_text()
    assert card.metrics["mse"]["value"] == 6.48
    (entry,) = engine.catalog()
    assert (entry.id, entry.preset, entry.metrics["mse"]["value"]) == ("sinelines/mine", "paper", 6.48)


# what can be wrong


@pytest.fixture
def broken(tmp_path, root):
    """Writes a Sinelines decoder, lets a function damage its folder, and imports it."""

    def run(damage, tensors=None, config=None, **sizes):
        tensors = tensors or tf.draw(tf.sinelines(hidden=16))
        folder = tf.write(tmp_path / "vae", tensors, config or tf.config(values=64, latents=5), **sizes)
        damage(folder)
        import_tfjs(folder, root)

    return run


def change_config(**changes):
    def run(folder):
        path = folder / "config.json"
        content = json.loads(path.read_text()) | changes
        path.write_text(json.dumps({name: value for name, value in content.items() if value is not None}))

    return run


def change_manifest(change):
    def run(folder):
        path = folder / "decoder_web" / "weights_manifest.json"
        content = json.loads(path.read_text())
        change(content)
        path.write_text(json.dumps(content))

    return run


def shard(folder):
    return next((folder / "decoder_web").glob("group1*"))


@pytest.mark.parametrize(
    ("damage", "error", "text"),
    [
        (lambda f: shard(f).unlink(), CorruptError, "has no shard group1-shard1of1.pb, which its manifest lists"),
        (
            lambda f: shard(f).write_bytes(shard(f).read_bytes()[:-4]),
            CorruptError,
            "bytes in all, and their manifest says",
        ),
        (
            lambda f: shard(f).write_bytes(shard(f).read_bytes() + b"1234"),
            CorruptError,
            "bytes in all, and their manifest",
        ),
        (lambda f: (f / "config.json").unlink(), CorruptError, "has no config.json"),
        (lambda f: (f / "decoder_web/weights_manifest.json").unlink(), CorruptError, "has no weights_manifest.json"),
        (lambda f: (f / "decoder_web/weights_manifest.json").write_text("{"), CorruptError, "it is not JSON"),
        (
            lambda f: (f / "decoder_web/weights_manifest.json").write_text('{"a": 1}'),
            CorruptError,
            "should list groups",
        ),
        (change_manifest(lambda m: m[0].update(paths=["../config.json"])), CorruptError, "shards lie beside it"),
        (change_manifest(lambda m: m[0]["weights"][0].update(dtype="uint8")), TensorDtypesError, "out/bias is uint8"),
        (
            change_manifest(lambda m: m[0]["weights"][0].update(name="ae/dec/out/beta")),
            TensorNamesError,
            r"Nearest is sinelines: missing \['out/bias'\], unknown \['out/beta'\]",
        ),
        (change_config(Dz=None), ConfigError, "should give Dz as a positive whole number; got None"),
        (change_config(Dz=4), TensorShapesError, "decoder do not fit"),
        (change_config(Dx=65), ConfigError, "says 65 values from 5 latents"),
        (change_config(Dc=[10]), ConfigError, r"categories \[10\]; the decoder beside it makes 64 from 5"),
        (change_config(z=None), ConfigError, "has no codes"),
        (change_config(z=[[1, 2], [3]]), ConfigError, "codes 'z' and 'c' that do not fit together"),
        (change_config(z=[[1, 2]]), ConfigError, "has codes of 2 entries; the decoder takes 5"),
        (change_config(z_lims=[[0, 1]]), ConfigError, "should have limits and percentiles of 5 latents"),
        (change_config(z_lims=None), ConfigError, "limits that cannot be read"),
        (change_config(z_pcts={"0": [1] * 5}), ConfigError, "limits that cannot be read"),
    ],
)
def test_what_is_wrong_is_said(broken, damage, error, text):
    with pytest.raises(error, match=text):
        broken(damage)


def test_weights_that_are_not_finite(broken):
    tensors = tf.draw(tf.sinelines(hidden=16))
    tensors["ae/dec/out/bias"][3] = float("nan")
    with pytest.raises(NonFiniteError, match="decoder.4.bias"):
        broken(lambda folder: None, tensors)


def test_sizes_that_do_not_fit_together(broken):
    tensors = tf.draw(tf.sinelines(hidden=16) | {"ae/dec/fc1/kernel": [16, 17]})
    with pytest.raises(TensorShapesError, match=r"sinelines decoder do not fit: decoder\.2\.weight \[17, 16\]"):
        broken(lambda folder: None, tensors)


def test_an_mnist_manifest_without_its_shards_is_the_published_state(tmp_path, root):
    folder = tf.write(tmp_path / "ae5", tf.draw(tf.mnist(5, **DIGITS)), tf.config(values=784, latents=5))
    shard(folder).unlink()
    with pytest.raises(CorruptError, match="get all files again"):
        import_tfjs(folder, root)
