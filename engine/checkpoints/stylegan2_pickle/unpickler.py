"""A reader of pickles that knows what official StyleGAN2-ADA files are made of, and refuses all else.

Nothing that a file names is looked up or imported: names stand for the functions in `GLOBALS`, which make inert data.
"""

from __future__ import annotations

import io
import pickle
from typing import Any, ClassVar

from engine.checkpoints.errors import CheckpointError, ConfigError, CorruptError, PickleInDisguiseError
from engine.checkpoints.stylegan2_pickle.records import brief
from engine.checkpoints.stylegan2_pickle.stand_ins import BEGINNINGS, GLOBALS, NumberType, hashable, refused


def unpickled(data: bytes) -> object:
    """The content of a pickle of protocol 2 to 5 as records, dicts, lists, sets, numbers, texts and `StoredTensor`s.

    Raises:
        PickleInDisguiseError: If it asks for anything beyond that; none of it was run.
        ConfigError: If it holds networks of another kind or version.
        CorruptError: If it is no pickle, cut short or damaged.
    """
    if not data.startswith(BEGINNINGS):
        raise CorruptError(
            f"is no network pickle of StyleGAN2-ADA: it begins with {data[:8]!r}. Those end in .pkl and hold G, D "
            "and G_ema."
        )
    try:
        return _Restricted(io.BytesIO(data)).load()
    except CheckpointError:
        raise
    except Exception as error:  # a damaged pickle fails in any way at all
        raise CorruptError(f"is cut short or damaged ({type(error).__name__}). Get it again.") from error


_OPCODES = b"".join(
    (
        *(pickle.PROTO, pickle.FRAME, pickle.STOP, pickle.MARK, pickle.POP, pickle.POP_MARK),
        *(pickle.NONE, pickle.NEWTRUE, pickle.NEWFALSE),
        *(pickle.BININT, pickle.BININT1, pickle.BININT2, pickle.LONG1, pickle.BINFLOAT),
        *(pickle.BINUNICODE, pickle.SHORT_BINUNICODE, pickle.BINUNICODE8),
        *(pickle.BINBYTES, pickle.SHORT_BINBYTES, pickle.BINBYTES8),
        *(pickle.EMPTY_TUPLE, pickle.TUPLE, pickle.TUPLE1, pickle.TUPLE2, pickle.TUPLE3),
        *(pickle.EMPTY_LIST, pickle.APPEND, pickle.APPENDS),
        *(pickle.EMPTY_DICT, pickle.SETITEM, pickle.SETITEMS, pickle.EMPTY_SET, pickle.ADDITEMS),
        *(pickle.BINPUT, pickle.LONG_BINPUT, pickle.MEMOIZE, pickle.BINGET, pickle.LONG_BINGET),
        *(pickle.GLOBAL, pickle.STACK_GLOBAL, pickle.REDUCE, pickle.NEWOBJ, pickle.BUILD),
        *(pickle.PERSID, pickle.BINPERSID),
    )
)


class _Restricted(pickle._Unpickler):  # the one in Python: which opcodes it knows can be chosen
    dispatch: ClassVar[Any] = {code: run for code, run in pickle._Unpickler.dispatch.items() if code in _OPCODES}
    stack: list[Any]

    def find_class(self, module: str, name: str) -> Any:  # noqa: ANN401 - as its base
        if module.startswith("dnnlib.tflib"):
            raise ConfigError(
                "is a network pickle of the TensorFlow version of StyleGAN, which is not read here. Convert it with "
                "the tool that comes with StyleGAN2-ADA for PyTorch, where you trust it, and import what that writes."
            )
        if (module, name) not in GLOBALS:
            raise PickleInDisguiseError(refused(brief(f"{module}.{name}")))
        return GLOBALS[module, name]

    def persistent_load(self, pid: object) -> Any:  # noqa: ANN401 - as its base
        raise PickleInDisguiseError(refused("something outside itself, by a persistent id"))

    def load_build(self) -> None:
        """Gives an object its state: here only number types have one, and it says what is known."""
        state = self.stack.pop()
        if not isinstance(self.stack[-1], NumberType) or not isinstance(state, tuple) or ">" in state:
            raise PickleInDisguiseError(refused(f"a state for {brief(self.stack[-1])}"))

    def load_setitem(self) -> None:
        hashable(self.stack[-2:-1])
        pickle._Unpickler.load_setitem(self)  # type: ignore[attr-defined] # of its opcodes typeshed knows none

    def load_setitems(self) -> None:
        hashable(self.stack[::2])
        pickle._Unpickler.load_setitems(self)  # type: ignore[attr-defined]

    def load_additems(self) -> None:
        hashable(self.stack)
        pickle._Unpickler.load_additems(self)  # type: ignore[attr-defined]

    dispatch |= {
        pickle.BUILD[0]: load_build,
        pickle.SETITEM[0]: load_setitem,
        pickle.SETITEMS[0]: load_setitems,
        pickle.ADDITEMS[0]: load_additems,
    }
