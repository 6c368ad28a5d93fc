from __future__ import annotations

import pytest
import torch

from engine.models import MODELS

SIZES = {
    "burgess": {"num_latents": 3, "width": 2, "hidden": 8},
    "dense": {"num_latents": 3, "hidden": 8},
    "factor-vae-28": {"num_latents": 3, "num_classes": 10, "width": 2, "hidden": 8},
}


@pytest.mark.parametrize("family", SIZES)
@pytest.mark.parametrize("variational", [True, False])
def test_it_decodes_as_the_whole_network_and_has_no_encoder(family, variational):
    options = {**SIZES[family], "variational": variational}
    whole, decoder = MODELS.build(family, **options).eval(), MODELS.build("decoder-of", of=family, **options).eval()
    whole.reset_parameters(torch.Generator().manual_seed(0))
    state = whole.state_dict()
    decoder.load_state_dict({name: state[name] for name in decoder.state_dict()})
    z = torch.randn(4, whole.latent_dim, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(decoder.decode(z), whole.decode(z), rtol=0, atol=0)
    assert (decoder.layout, decoder.space, decoder.prior) == (whole.layout, whole.space, whole.prior)
    assert not hasattr(decoder, "encode")


def test_weights_are_drawn_as_the_family_draws_them():
    decoder = MODELS.build("decoder-of", of="dense", **SIZES["dense"])
    decoder.reset_parameters(torch.Generator().manual_seed(0))
    first = decoder.decoder[0].weight.clone()
    assert decoder.decoder[0].bias.eq(0).all()
    decoder.reset_parameters(torch.Generator().manual_seed(0))
    assert decoder.decoder[0].weight.equal(first)


def test_only_autoencoders_have_a_decoder_to_take():
    with pytest.raises(TypeError, match="takes an autoencoder family; 'digit-classifier' is a DigitClassifier"):
        MODELS.build("decoder-of", of="digit-classifier", classes=("0", "1"))
