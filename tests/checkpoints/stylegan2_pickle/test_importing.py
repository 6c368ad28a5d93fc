from __future__ import annotations

import hashlib

import pytest
import torch

import engine
from engine.checkpoints import ConfigError, TensorNamesError, examples, import_stylegan2
from tests.checkpoints.stylegan2_pickle import writer
from tests.checkpoints.stylegan2_pickle.forward import BruteForce

SMALL = {"size": 8, "z": 5, "w": 4}


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "network snapshot-000200.pkl"
    path.write_bytes(writer.written(writer.snapshot(**SMALL)))
    return path


@pytest.fixture
def imported(file, root):
    return import_stylegan2(file, root, psi=0.5)


def test_a_pickle_becomes_a_checkpoint_that_draws_the_same(imported):
    model = engine.load("folder/network-snapshot-000200", device="cpu")
    content = writer.snapshot(**SMALL)
    brute = BruteForce(content["G_ema"].state_dict(), content["D"].state_dict(), size=8, clamp=256)
    generator = torch.Generator().manual_seed(4)
    z = torch.randn(3, 5, generator=generator)
    codes = model.sample(3, generator=generator.manual_seed(4))
    ws = brute.styles(z, psi=0.5)[:, None].repeat(1, 4, 1)
    torch.testing.assert_close(codes.double(), ws.flatten(1), rtol=0, atol=1e-5)
    expected = (brute.picture(ws) / 2 + 0.5).clamp(0, 1)
    torch.testing.assert_close(model.decode(codes).double(), expected, rtol=0, atol=1e-4)


def test_its_examples_are_samples_with_codes(imported):
    model = engine.load(imported, device="cpu")
    assert len(model.examples) == 256
    torch.testing.assert_close(model.decode(model.examples.codes), model.examples.x, rtol=0, atol=0.51 / 255)
    spread = (model.examples.codes - model.network.w_mean.repeat(4)).std()
    wider = (model.network.sample(256, generator=torch.Generator().manual_seed(0), psi=1.0) - model.mean_code).std()
    assert 0.35 < spread / wider < 0.65, "drawn at truncation 0.5"


def test_what_the_checkpoint_tells(imported, file):
    config = engine.load(imported, device="cpu").card.config
    assert (config["id"], config["preset"]) == ("folder/network-snapshot-000200", "imported")
    assert config["training"] == {
        "imported_from": file.name,
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "source_sha256": hashlib.sha256(writer.SOURCE.encode()).hexdigest(),
    }
    assert config["network"]["options"]["psi"] == 0.5
    assert [part["name"] for part in config["layout"]] == ["layer 1", "layer 2", "layer 3", "layer 4"]
    card = (imported / "README.md").read_text(encoding="utf-8")
    assert "of which nothing was run" in card and "at truncation 0.5" in card
    assert "![" in card and "samples.png" in config["files"]
    exec(compile(card.split("```python\n")[1].split("```")[0], "card", "exec"), {})
    everything = b"".join(path.read_bytes() for path in imported.iterdir())
    assert writer.SOURCE.encode() not in everything, "nothing of the source travels on"


def test_another_file_of_the_same_name_does_not_take_its_place(imported, file, root):
    assert import_stylegan2(file, root) == imported, "the same file may be imported again"
    file.write_bytes(writer.written(writer.snapshot(**SMALL | {"z": 6})))
    with pytest.raises(ConfigError, match=r"is there already, and was not imported from .*--id folder/network"):
        import_stylegan2(file, root)
    engine.load(import_stylegan2(file, root, id="folder/network-snapshot-000200"), device="cpu")


def test_without_its_discriminator_it_is_smaller(imported, file, root):
    alone = import_stylegan2(file, root, id="folder/alone", discriminator=False)
    assert (alone / "model.safetensors").stat().st_size < 0.7 * (imported / "model.safetensors").stat().st_size


def test_as_many_examples_as_fit(file, root, monkeypatch):
    monkeypatch.setattr(examples, "MAX_BYTES", 21_000)  # a picture has 192 bytes and its style 16
    model = engine.load(import_stylegan2(file, root), device="cpu")
    assert 90 < len(model.examples) < 21_000 / 208
    torch.testing.assert_close(model.decode(model.examples.codes), model.examples.x, rtol=0, atol=0.51 / 255)


def test_progress_is_told(file, root):
    told = []
    import_stylegan2(file, root, progress=lambda *facts: told.append(facts))
    assert [what for what, *_ in told] == ["reading", *["drawing samples"] * 32, "writing"]
    assert all(0 <= done < total for _, done, total in told)


@pytest.mark.parametrize("psi", [-0.1, 1.1, float("nan")])
def test_truncation_out_of_range(file, root, psi):
    with pytest.raises(ValueError, match="psi should be from 0"):
        import_stylegan2(file, root, psi=psi)


def test_what_cannot_be_read_leaves_nothing_behind(file, root):
    content = writer.snapshot(**SMALL)
    content["G_ema"].mapping._buffers["w_avg"] = None
    file.write_bytes(writer.written(content))
    with pytest.raises(TensorNamesError, match="lacks mapping.w_avg"):
        import_stylegan2(file, root)
    with pytest.raises(ConfigError, match="is <data set>/<name>"):
        import_stylegan2(file, root, id="faces/mine")
    assert not root.exists()
