"""Matrix factorisation for what was liked, and not: numerics only, on plain arrays."""

from stepladder.questions.recommend.als.csr import Csr
from stepladder.questions.recommend.als.fit import fit
from stepladder.questions.recommend.als.loss import loss

__all__ = ["Csr", "fit", "loss"]
