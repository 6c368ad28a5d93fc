"""StyleGAN2 by brute force, from its operations alone: zeros between pixels, a kernel of its own for every sample."""

from __future__ import annotations

import torch
from torch.nn import functional

TAPS = torch.outer(torch.tensor([1.0, 3, 3, 1]), torch.tensor([1.0, 3, 3, 1])).double() / 64
ROOT2, HALF = 2**0.5, 0.5**0.5


class BruteForce:
    """A generator and a discriminator, from tensors under their official names, in double precision."""

    def __init__(
        self, generator, discriminator, *, size, architecture="skip", judge="resnet", rate=0.01, clamp=None, group=4
    ):
        self.g = {name: value.double() for name, value in generator.items()}
        self.d = {name: value.double() for name, value in discriminator.items()}
        self.sides = [2**k for k in range(2, size.bit_length())]
        self.architecture, self.judge, self.rate, self.clamp, self.group = architecture, judge, rate, clamp, group

    def styles(self, z, c=None, psi=1.0):
        """(N, z_dim) -> (N, w_dim)."""
        x = normalised(z.double())
        if c is not None:
            x = torch.cat([x, normalised(dense(self.g, "mapping.embed", c.double()))], dim=1)
        x = self._deep(self.g, x)
        return self.g["mapping.w_avg"] + psi * (x - self.g["mapping.w_avg"])

    def picture(self, ws):
        """(N, num_ws, w_dim) -> (N, C, R, R)."""
        return torch.stack([self._one(w.double()) for w in ws])

    def realness(self, images, c=None):
        """(N, C, R, R) -> (N,)."""
        x, image = None, images.double()
        for r in reversed(self.sides[1:]):
            x, image = self._judge_block(f"b{r}.", x, image, first=r == self.sides[-1])
        if self.judge == "skip":
            x = x + self._convolution("b4.fromrgb", image, clamp=False)
        x = torch.cat([x, self._deviation(x)], dim=1)
        x = self._convolution("b4.conv", x).flatten(1)
        x = lrelu(dense(self.d, "b4.fc", x)) * ROOT2
        x = dense(self.d, "b4.out", x)
        if c is None:
            return x[:, 0]
        mapped = self._deep(self.d, normalised(dense(self.d, "mapping.embed", c.double())))
        return (x * mapped).sum(1) / mapped.shape[1] ** 0.5

    def _deep(self, tensors, x):
        k = 0
        while f"mapping.fc{k}.weight" in tensors:
            x = lrelu(dense(tensors, f"mapping.fc{k}", x, rate=self.rate)) * ROOT2
            k += 1
        return x

    def _one(self, ws):
        x, image, index = self.g["synthesis.b4.const"], None, 0
        for r in self.sides:
            name = f"synthesis.b{r}."
            before = x
            if r > 4:
                x = self._layer(f"{name}conv0", x, ws[index], up=True)
                index += 1
            resnet = self.architecture == "resnet" and r > 4
            x = self._layer(f"{name}conv1", x, ws[index], gain=HALF if resnet else 1.0)
            index += 1
            if resnet:
                x = x + upsampled(straight(before, self.g[f"{name}skip.weight"])) * HALF
            if image is not None:
                image = upsampled(image)
            if f"{name}torgb.weight" in self.g:
                colours = self._colours(f"{name}torgb", x, ws[index])
                image = colours if image is None else image + colours
        return image

    def _layer(self, name, x, w, up=False, gain=1.0):
        style = dense(self.g, f"{name}.affine", w[None])[0]
        weight = self.g[f"{name}.weight"] * style[None, :, None, None]
        weight = weight / (weight.square().sum(dim=(1, 2, 3), keepdim=True) + 1e-8).sqrt()
        if up:  # zeros between the pixels, a true convolution with the stored kernel, the filter
            grown = functional.pad(zeros_between(x)[:, :-1, :-1], (2, 2, 2, 2))
            x = filtered(functional.conv2d(grown[None], weight.flip(2, 3))[0], (1, 1, 1, 1), 4)
        else:
            x = functional.conv2d(x[None], weight, padding=1)[0]
        if f"{name}.noise_const" in self.g:
            x = x + self.g[f"{name}.noise_const"] * self.g[f"{name}.noise_strength"]
        return self._end(x + self.g[f"{name}.bias"][:, None, None], gain)

    def _colours(self, name, x, w):
        style = dense(self.g, f"{name}.affine", w[None])[0] / x.shape[0] ** 0.5
        weight = self.g[f"{name}.weight"] * style[None, :, None, None]
        y = functional.conv2d(x[None], weight)[0] + self.g[f"{name}.bias"][:, None, None]
        return y if self.clamp is None else y.clamp(-self.clamp, self.clamp)

    def _end(self, x, gain, clamp=True):
        x = lrelu(x) * ROOT2 * gain
        return x.clamp(-self.clamp * gain, self.clamp * gain) if clamp and self.clamp is not None else x

    def _judge_block(self, name, x, image, first):
        if first or self.judge == "skip":
            colours = self._convolution(f"{name}fromrgb", image)
            x = colours if x is None else x + colours
        if self.judge == "skip":
            image = torch.stack([halved(one) for one in image])
        resnet = self.judge == "resnet"
        y = self._convolution(f"{name}conv0", x)
        y = self._convolution(f"{name}conv1", y, down=True, gain=HALF if resnet else 1.0)
        if resnet:
            y = y + torch.stack([straight(halved(one), self.d[f"{name}skip.weight"]) for one in x]) * HALF
        return y, image

    def _convolution(self, name, x, down=False, gain=1.0, clamp=True):
        weight = self.d[f"{name}.weight"]
        weight = weight / weight[0].numel() ** 0.5
        if down:
            x = torch.stack([filtered(one, (2, 2, 2, 2), 1) for one in x])
            y = functional.conv2d(x, weight)[:, :, ::2, ::2]
        else:
            y = functional.conv2d(x, weight, padding=weight.shape[-1] // 2)
        return self._end(y + self.d[f"{name}.bias"][:, None, None], gain, clamp)

    def _deviation(self, x):
        """Groups are made of every (N / G)th picture; one number a group."""
        count = min(self.group, len(x))
        apart = len(x) // count
        found = torch.zeros(len(x), 1, *x.shape[2:], dtype=x.dtype)
        for first in range(apart):
            members = x[first::apart]
            found[first::apart] = (((members - members.mean(0)) ** 2).mean(0) + 1e-8).sqrt().mean()
        return found


def dense(tensors, name, x, rate=1.0):
    weight = tensors[f"{name}.weight"]
    return x @ (weight * rate / weight.shape[1] ** 0.5).T + tensors[f"{name}.bias"] * rate


def normalised(x):
    return x / (x.square().mean(1, keepdim=True) + 1e-8).sqrt()


def lrelu(x):
    return torch.where(x > 0, x, 0.2 * x)


def straight(x, weight):
    """A 1 x 1 convolution without bias, scaled by its fan-in."""
    return torch.einsum("oi,ihw->ohw", weight[:, :, 0, 0] / weight.shape[1] ** 0.5, x)


def zeros_between(x):
    grown = torch.zeros(x.shape[0], 2 * x.shape[1], 2 * x.shape[2], dtype=x.dtype)
    grown[:, ::2, ::2] = x
    return grown


def filtered(x, padding, gain):
    return functional.conv2d(functional.pad(x, padding)[:, None], (TAPS * gain).flip(0, 1)[None, None])[:, 0]


def upsampled(x):
    return filtered(zeros_between(x), (2, 1, 2, 1), 4)


def halved(x):
    return filtered(x, (1, 1, 1, 1), 1)[:, ::2, ::2]
